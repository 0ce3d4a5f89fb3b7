package server

import "github.com/picket-io/picket/pkg/pagetoken"

const (
	defaultPageSize = 100
	maxPageSize     = 1000
)

// page is where a page of a list begins, and how long it is.
type page[K any] struct {
	binding pagetoken.Binding
	after   K // the last key of the page before
	limit   int
}

func pageOf[K any](binding pagetoken.Binding, token string, size int32) (page[K], error) {
	p := page[K]{binding: binding, limit: defaultPageSize}
	if size > 0 {
		p.limit = min(int(size), maxPageSize)
	}
	var err error
	if token != "" {
		p.after, err = pagetoken.Decode[K](binding, token)
	}
	return p, err
}

// cutPage takes the row away that was asked for to see whether there is another page, and makes the token of that page.
func cutPage[K, T any](p page[K], rows []T, key func(T) K) (cut []T, token string, err error) {
	if len(rows) <= p.limit {
		return rows, "", nil
	}
	token, err = pagetoken.Encode(p.binding, key(rows[p.limit-1]))
	return rows[:p.limit], token, err
}
