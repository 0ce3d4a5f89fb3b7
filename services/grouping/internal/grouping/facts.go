package grouping

import "time"

// Facts are what the rules must know of a project besides its groups. What no rule will ask for is absent.
type Facts struct {
	Releases      map[string]time.Time // when each release came
	Latest        string               // the release that came last; empty when there is none
	FollowsSemver bool                 // versions of the project have the order of semantic versions
	// By group.
	CurrentRelease map[int64]string // the release in which it was seen last
	NextRelease    map[int64]string // the one that came first after what its resolution, or its current release, names
	CommitRelease  map[int64]string // the one that came first of those that contain the commit that resolves it
	Sightings      map[int64]*Sightings
	Watched        map[int64]*Watch
	// EscalationThreshold is how many events an hour make a new group escalate; 0: not known, or no group is new enough.
	EscalationThreshold float64
}

// Sightings are counts of one archived group, or one to be archived.
type Sightings struct {
	Events int64           // in the snooze's window
	Users  int64           // in the window of the snooze's users, or ever
	Known  map[string]bool // which of the users in question are among them
}

// Identity tells users apart by the first of id, address, name and IP address that is known; empty for none.
func (u User) Identity() string {
	switch {
	case u.ID != "":
		return "id:" + u.ID
	case u.Email != "":
		return "email:" + u.Email
	case u.Username != "":
		return "username:" + u.Username
	case u.IPAddress != "":
		return "ip:" + u.IPAddress
	default:
		return ""
	}
}
