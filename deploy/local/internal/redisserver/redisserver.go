// Package redisserver runs Redis servers. A server listens on 127.0.0.1 only and asks for a password, made anew for
// each: every user of the machine can connect there.
package redisserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/picket-io/picket/deploy/local/internal/account"
	"github.com/picket-io/picket/deploy/local/internal/port"
	"github.com/picket-io/picket/deploy/local/internal/process"
)

// ErrNotFound is returned when Redis is not installed.
var ErrNotFound = errors.New("redis-server: not found")

const (
	startTime = 30 * time.Second
	stopTime  = 15 * time.Second
)

// Find returns the path of redis-server.
func Find() (string, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return "", ErrNotFound
	}
	return path, nil
}

// Options say how a server is run.
type Options struct {
	Path      string // of redis-server
	Folder    string // for its data; made if it is missing
	Account   account.Account
	Log       string
	Databases int
	// Save has it write its data out when it stops, and now and then.
	Save bool
}

// A Server is a running Redis.
type Server struct {
	*process.Process
	URL     string
	Address string
}

// Start runs a server until it answers.
func Start(ctx context.Context, starter *process.Starter, options Options) (*Server, error) {
	if err := options.Account.MakeFolder(options.Folder); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		server, err := start(ctx, starter, options)
		var ended *process.EndedError
		portTaken := errors.As(err, &ended) && strings.Contains(ended.Tail, "Address already in use")
		if !portTaken || ctx.Err() != nil {
			return server, err
		}
	}
}

func start(ctx context.Context, starter *process.Starter, options Options) (*Server, error) {
	number, err := port.Free(ctx)
	if err != nil {
		return nil, err
	}
	password := rand.Text()
	running, err := starter.Start(process.Program{
		Name: "Redis",
		Path: options.Path,
		Args: []string{"-"},
		Dir:  "/",
		// The arguments of a process can be read by everybody, its input cannot.
		Stdin:      strings.NewReader(configuration(options, number, password)),
		Credential: options.Account.Credential,
		Log:        options.Log,
		Stop:       syscall.SIGTERM,
		Kill:       syscall.SIGKILL,
		Patience:   stopTime,
	})
	if err != nil {
		return nil, err
	}
	address := port.Address(number)
	server := &Server{
		Process: running,
		URL:     (&url.URL{Scheme: "redis", User: url.UserPassword("", password), Host: address, Path: "/0"}).String(),
		Address: address,
	}
	if err := running.AwaitReady(ctx, func(ctx context.Context) error { return ready(ctx, address, password) }); err != nil {
		running.Stop()
		return nil, err
	}
	return server, nil
}

func configuration(options Options, number int, password string) string {
	save := `""`
	if options.Save {
		save = "60 1"
	}
	return fmt.Sprintf("bind 127.0.0.1\nport %d\nrequirepass %s\ndir %q\ndatabases %d\nsave %s\n",
		number, password, options.Folder, options.Databases, save)
}

// ready asks in Redis' own words: a client library would try several times, and complain aloud of each.
func ready(ctx context.Context, address, password string) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(conn, "AUTH %s\r\nPING\r\n", password); err != nil {
		return err
	}
	const want = "+OK\r\n+PONG\r\n"
	answer := make([]byte, len(want))
	if _, err := io.ReadFull(conn, answer); err != nil {
		return err
	}
	if string(answer) != want {
		return fmt.Errorf("it answers %q", answer)
	}
	return nil
}
