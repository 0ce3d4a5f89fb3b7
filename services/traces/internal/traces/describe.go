package traces

// descriptionOf is what a span does.
func descriptionOf(r *Received) string {
	if text := r.text("sentry.description", "db.query.text", "db.statement"); text != "" {
		return text
	}
	if text := routeOf(r, "http.route", "url.path"); text != "" {
		return text
	}
	return r.Name
}

// transactionOf names a segment. Spans below it get its name.
func transactionOf(r *Received) string {
	if name := r.text("sentry.transaction"); name != "" {
		return name
	}
	// Without a route the path could name a transaction too, but a path holds ids and would make a name of each.
	if name := routeOf(r, "http.route"); name != "" {
		return name
	}
	return r.Name
}

func routeOf(r *Received, keys ...string) string {
	method, route := r.text("http.request.method", "http.method"), r.text(keys...)
	if method == "" || route == "" {
		return ""
	}
	return method + " " + route
}

// userOf is the user in the form of the tag that error events carry.
func userOf(r *Received) string {
	if user := r.text("sentry.user"); user != "" {
		return user
	}
	for _, key := range []struct{ attribute, prefix string }{
		{"user.id", "id:"},
		{"enduser.id", "id:"},
		{"user.email", "email:"},
		{"user.name", "username:"},
		{"client.address", "ip:"},
	} {
		if value := r.anyText(key.attribute); value != "" {
			return key.prefix + value
		}
	}
	return ""
}

// sdkNameOf tells the SDKs of OpenTelemetry apart by their language.
func sdkNameOf(r *Received) string {
	if name := r.anyText("sentry.sdk.name", "sdk.name"); name != "" {
		return name
	}
	name, language := r.anyText("telemetry.sdk.name"), r.anyText("telemetry.sdk.language")
	if name != "" && language != "" {
		return name + "." + language
	}
	return name + language
}
