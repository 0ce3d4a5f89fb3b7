package scrub

import (
	"regexp"
	"strings"
)

// fewestDigits of a card number or a social security number.
const fewestDigits = 9

var (
	privateKey = regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)`)
	bearer     = regexp.MustCompile(`(?i)(\bbearer\s+)([A-Za-z0-9._~+/=-]{8,})`)
	userInfo   = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)([^\s/?#"'@]+)@`)
	// A key that may name a secret and its value: k=v, "k": "v", and for what can only be a password, k: v.
	pair = regexp.MustCompile(`(?i)([\w.\[\]%-]+)(=|\\?["']\s*:\s*\\?["'])("[^"]*"|'[^']*'|[^\s&;,"'<>\\]+)|(passw(?:or)?d["']?\s*:\s*)(\S+)`)
	// The same in a header, whose value has two words.
	authorization = regexp.MustCompile(`(?i)(\bauthorization["']?\s*[:=]\s*["']?(?:basic|digest|bearer|token)\s+)([^\s"',;]+)`)
)

// Text takes what looks like a secret out of a text.
func (s *Scrubber) Text(text string) string { return s.text(text, true) }

func (s *Scrubber) text(text string, pairs bool) string {
	found, digits := look(text)
	if found == 0 && digits < fewestDigits {
		return text
	}
	if found&pemMark != 0 {
		text = s.replace(privateKey, text, func([]string) string { return Filtered })
	}
	if found&bearerWord != 0 {
		text = s.replace(bearer, text, redactBearer)
	}
	if found&urlMark != 0 && strings.IndexByte(text, '@') >= 0 {
		text = s.replace(userInfo, text, redactUserInfo)
	}
	if pairs && found&sensitiveWord != 0 && strings.ContainsAny(text, "=:") {
		text = s.replace(authorization, text, func(match []string) string { return match[1] + Filtered })
		text = s.replace(pair, text, redactPair)
	}
	if digits >= fewestDigits {
		text = s.digits(text)
	}
	return text
}

// replace counts the matches that become something else.
func (s *Scrubber) replace(pattern *regexp.Regexp, text string, with func(match []string) string) string {
	matches := pattern.FindAllStringSubmatchIndex(text, -1)
	if matches == nil {
		return text
	}
	var b strings.Builder
	end := 0
	for _, m := range matches {
		groups := make([]string, len(m)/2)
		for i := range groups {
			if m[2*i] >= 0 {
				groups[i] = text[m[2*i]:m[2*i+1]]
			}
		}
		replacement := with(groups)
		if replacement != groups[0] {
			s.Redacted++
		}
		b.WriteString(text[end:m[0]])
		b.WriteString(replacement)
		end = m[1]
	}
	b.WriteString(text[end:])
	return b.String()
}

// redactBearer leaves words: a token has a digit or a mark.
func redactBearer(match []string) string {
	if !strings.ContainsAny(match[2], "0123456789._~+/=") {
		return match[0]
	}
	return match[1] + Filtered
}

// redactUserInfo leaves a short user without a password, as in ssh://git@host.
func redactUserInfo(match []string) string {
	const short = 20
	if !strings.Contains(match[2], ":") && len(match[2]) < short || match[2] == Filtered {
		return match[0]
	}
	return match[1] + Filtered + "@"
}

func redactPair(match []string) string {
	if match[4] != "" {
		if strings.HasPrefix(match[5], Filtered) {
			return match[0]
		}
		return match[4] + Filtered
	}
	if !isSensitive(match[1]) || strings.HasPrefix(match[3], Filtered) {
		return match[0]
	}
	return match[1] + match[2] + Filtered
}
