package search

import "time"

// Relations are what people have to do with an issue, and the conditions under which they gave its status. Bookmark, subscription and mark are those of the caller.
type Relations struct {
	InboxSince       *time.Time // nil outside the inbox
	PriorityLockedAt *time.Time
	Bookmarked       bool
	Seen             bool // since it was last made or reopened
	Subscription     *Subscription
	Owners           []Owner
	Links            []Link
	ShareID          *[16]byte
	Snooze           *Snooze
	Resolution       *Resolution
}

// Subscription says whether somebody is told of what happens to an issue.
type Subscription struct {
	Active bool
	Reason int16 // as grouping stores it
}

// Owner is somebody who is suggested for an issue.
type Owner struct {
	Source int16 // as grouping stores it
	Who    string
	Since  time.Time
}

// Link is an issue in another system.
type Link struct{ URL, Name string }
