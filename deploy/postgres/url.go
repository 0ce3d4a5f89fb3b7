package provision

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
)

// Passwords returns a password for each role, made from the administrator's: whoever has the administrator's URL finds
// the same ones, and nothing has to be stored. Without a password in the URL there are none: such a server lets roles
// in by other means. It serves development and tests; an operator sets passwords of their own.
func Passwords(adminURL string) (map[string]string, error) {
	admin, err := parse(adminURL)
	if err != nil {
		return nil, err
	}
	passwords := make(map[string]string)
	for _, role := range []string{Ingest, Grouping, Search, Traces, SearchReader} {
		if password := derive(admin, role); password != "" {
			passwords[role] = password
		}
	}
	return passwords, nil
}

// URL returns the address of the database as the role connects to it, with the role's password of Passwords.
func URL(adminURL, role, database string) (string, error) {
	admin, err := parse(adminURL)
	if err != nil {
		return "", err
	}
	as := *admin
	as.User = url.User(role)
	if password := derive(admin, role); password != "" {
		as.User = url.UserPassword(role, password)
	}
	as.Path = "/" + database
	return as.String(), nil
}

// inDatabase is the administrator's URL to another database.
func inDatabase(adminURL, database string) (string, error) {
	admin, err := parse(adminURL)
	if err != nil {
		return "", err
	}
	admin.Path = "/" + database
	return admin.String(), nil
}

// DatabaseName is the database that the URL names.
func DatabaseName(adminURL string) (string, error) {
	admin, err := parse(adminURL)
	if err != nil {
		return "", err
	}
	if len(admin.Path) < 2 {
		return "", fmt.Errorf("the database URL names no database: %s", admin.Redacted())
	}
	return admin.Path[1:], nil
}

// parse does not repeat in its errors what it could not parse: it may hold a password.
func parse(adminURL string) (*url.URL, error) {
	admin, err := url.Parse(adminURL)
	if err != nil || admin.Scheme != "postgres" && admin.Scheme != "postgresql" {
		return nil, fmt.Errorf("a database URL must have the form postgres://user:password@host:port/database")
	}
	return admin, nil
}

func derive(admin *url.URL, role string) string {
	secret, _ := admin.User.Password()
	if secret == "" {
		return ""
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(role))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}
