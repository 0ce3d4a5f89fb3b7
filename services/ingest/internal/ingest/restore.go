package ingest

// RestoreEvent puts into the stored form of an event what is not kept in it, because it is kept beside it: its id, and of an
// event that came with an occurrence the title of that, which is nil otherwise. What versions before stored has both.
func RestoreEvent(stored []byte, id ID, title *string) ([]byte, error) {
	missing := []member{{"event_id", id.String()}}
	if title != nil {
		missing = append(missing, member{"metadata", titleOnly(*title)})
	}
	return insert(stored, missing)
}

func titleOnly(title string) map[string]any { return map[string]any{"title": title} }

type member struct {
	name  string
	value any
}

// insert puts members into an object that appendObject wrote. Names are in order, in both. An object that has one of them
// stays as it is.
func insert(object []byte, members []member) ([]byte, error) {
	r := &reader{text: string(object)}
	if !r.take('{') {
		return nil, r.unexpected("an object")
	}
	written := append(make([]byte, 0, len(object)+128), '{')
	for r.peek() == '"' {
		start := r.at
		name, err := r.quoted()
		if err != nil {
			return nil, err
		}
		for len(members) > 0 && members[0].name < name {
			written = append(appendMember(written, members[0]), ',')
			members = members[1:]
		}
		if len(members) == 0 {
			return append(written, object[start:]...), nil
		}
		if members[0].name == name {
			return object, nil
		}
		if !r.take(':') {
			return nil, r.unexpected("a colon")
		}
		if _, err := r.value(); err != nil {
			return nil, err
		}
		written = append(written, object[start:r.at]...)
		if r.take(',') {
			written = append(written, ',')
		}
	}
	for _, m := range members {
		if len(written) > 1 {
			written = append(written, ',')
		}
		written = appendMember(written, m)
	}
	return append(written, '}'), nil
}

func appendMember(b []byte, m member) []byte {
	return appendTree(append(appendQuoted(b, m.name), ':'), m.value)
}
