package pagetoken_test

import (
	"testing"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/pagetoken"
)

type position struct {
	Score float64
	ID    int64
}

func TestTokenIsBoundToItsRequest(t *testing.T) {
	t.Parallel()
	query := "is:unresolved"
	request := &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: &query, PageSize: 10}
	want := position{Score: 1.5, ID: 42}
	token, err := pagetoken.Encode(pagetoken.Bind(request), want)
	if err != nil {
		t.Fatal(err)
	}

	next := &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: &query, PageSize: 50, PageToken: token}
	got, err := pagetoken.Decode[position](pagetoken.Bind(next), token)
	if err != nil || got != want {
		t.Errorf("same arguments, other page size: got %v, %v", got, err)
	}

	otherOrganization := &searchv1.SearchIssuesRequest{OrganizationId: 2, Query: &query}
	noQuery := &searchv1.SearchIssuesRequest{OrganizationId: 1}
	for name, bad := range map[string]func() error{
		"another organization": func() error {
			_, err := pagetoken.Decode[position](pagetoken.Bind(otherOrganization), token)
			return err
		},
		"without the query": func() error { _, err := pagetoken.Decode[position](pagetoken.Bind(noQuery), token); return err },
		"not base64":        func() error { _, err := pagetoken.Decode[position](pagetoken.Bind(next), "?"); return err },
		"cut":               func() error { _, err := pagetoken.Decode[position](pagetoken.Bind(next), token[:8]); return err },
		"another version":   func() error { _, err := pagetoken.Decode[position](pagetoken.Bind(next), "_"+token[1:]); return err },
		"garbled position": func() error {
			_, err := pagetoken.Decode[position](pagetoken.Bind(next), token[:len(token)-3])
			return err
		},
	} {
		if err := bad(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v, want an invalid page_token", name, err)
		}
	}
}
