package main

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
)

// shape is a kind of search with its figure: the p95 that one caller should see on a quiet machine.
type shape struct {
	name         string
	query        string
	sort         searchv1.IssueSort
	window       time.Duration // 0 for all 90 days
	environments []string
	limit        time.Duration
	deep         bool // has a page 1,000, of 10 issues
}

const (
	byDate   = searchv1.IssueSort_ISSUE_SORT_DATE
	byNew    = searchv1.IssueSort_ISSUE_SORT_NEW
	byFreq   = searchv1.IssueSort_ISSUE_SORT_FREQ
	byUser   = searchv1.IssueSort_ISSUE_SORT_USER
	byTrends = searchv1.IssueSort_ISSUE_SORT_TRENDS

	oneDay = 24 * time.Hour
	few    = 20 * time.Millisecond
	tree   = 100 * time.Millisecond
	many   = 250 * time.Millisecond
)

var shapes = []shape{
	{name: "default query", query: "is:unresolved issue.priority:[high, medium]", sort: byDate, limit: few, deep: true},
	{name: "no filter", sort: byDate, limit: few, deep: true},
	{name: "environment", query: "is:unresolved", sort: byDate, environments: []string{"prod"}, limit: few, deep: true},
	{name: "tag, 1 in 4", query: `browser:"Browser 0"`, sort: byDate, limit: few, deep: true},
	{name: "tag, 1 in 1,000", query: "url:/shop/item/7", sort: byDate, limit: few},
	{name: "tag, 1 in 10,000", query: "customer:77", sort: byDate, limit: few},
	{name: "tag, 1 in 1,000, freq", query: "url:/shop/item/7", sort: byFreq, limit: few},
	{name: "function, 1 in 200", query: "stack.function:handle_777", sort: byDate, limit: few},
	{name: "function, freq", query: "stack.function:handle_777", sort: byFreq, limit: few},
	{name: "error type, unhandled", query: "error.type:TypeError error.unhandled:true", sort: byDate, limit: few},
	{name: "request", query: "http.method:POST http.status_code:503", sort: byDate, limit: few},
	{name: "release and level", query: "release:shop@1.40.0 level:fatal", sort: byDate, limit: few},
	{name: "free text", query: "deadline exceeded", sort: byDate, limit: few},
	{name: "freq, 24 h", query: "is:unresolved", sort: byFreq, window: oneDay, limit: few},
	{name: "user, 24 h", query: "is:unresolved", sort: byUser, window: oneDay, limit: few},
	{name: "trends, 24 h", query: "is:unresolved", sort: byTrends, window: oneDay, limit: few},
	{name: "new, 90 d", query: "is:unresolved", sort: byNew, limit: many, deep: true},
	{name: "freq, 90 d", query: "is:unresolved", sort: byFreq, limit: many, deep: true},
	{name: "user, 90 d", query: "is:unresolved", sort: byUser, limit: many},
	{name: "trends, 90 d", query: "is:unresolved", sort: byTrends, limit: many},
	{name: "tree: all of six", limit: tree, sort: byDate, query: `is:unresolved level:error browser:"Browser 0" region:region-1 os:"OS 0" !server_name:web-7`},
	{name: "tree: two of three", limit: tree, sort: byDate, query: `(customer:77 OR customer:78) (level:error OR level:fatal) (os:"OS 0" OR os:"OS 1")`},
	{name: "tree: or of ands", limit: tree, sort: byDate, query: `(url:/shop/item/7 level:error is:unresolved) OR (customer:77 !os:"OS 0" has:user)`},
	{name: "tree: not", limit: tree, sort: byDate, query: `is:unresolved NOT (browser:"Browser 0" OR os:"OS 0" OR region:region-1) level:fatal release:shop@1.4*`},
	{name: "tree: times seen", limit: tree, sort: byFreq, query: `is:unresolved (url:/shop/item/7 OR url:/shop/item/8) level:[error, fatal] timesSeen:>1 !os:"OS 1" has:browser`},
}

func (s shape) request(now time.Time) *searchv1.SearchIssuesRequest {
	req := &searchv1.SearchIssuesRequest{OrganizationId: 1, Query: &s.query, Sort: s.sort, Environments: s.environments}
	if s.window > 0 {
		req.StartTime = timestamppb.New(now.Add(-s.window))
	}
	return req
}
