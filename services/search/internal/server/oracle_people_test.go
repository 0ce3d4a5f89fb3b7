package server_test

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/search/internal/storetest"
)

// The oracle is asked by user 1, who is in team 1. Team 2 has no project that is searched.
const oracleCaller = "user:1"

var oraclePeople = map[string]string{
	"me": "user:1", "my_teams": "team:1", "#core": "team:1", "#CORE": "team:1", "Ann": "user:1", "ann": "user:1", "ann@example.com": "user:1",
	"BOB@example.com": "user:2", "user:1": "user:1", "user:2": "user:2", "team:1": "team:1", "user:9": "user:9", "team:2": "team:2",
}

// oracleRelations are what people have to do with an issue, and where it came back.
type oracleRelations struct {
	bookmarks   []string
	subscribers map[string]bool // whether active
	owners      []string
	linked      bool
	regressed   []string
}

func oracleRelationsRow(r *rand.Rand) oracleRelations {
	some := func(values ...string) (picked []string) {
		for _, v := range values {
			if r.IntN(4) == 0 {
				picked = append(picked, v)
			}
		}
		return picked
	}
	o := oracleRelations{
		bookmarks: some("user:1", "user:2"), owners: some("user:1", "user:2", "team:1", "team:2"), linked: r.IntN(3) == 0,
		regressed: some(oracleReleases...), subscribers: map[string]bool{},
	}
	for _, user := range some("user:1", "user:2") {
		o.subscribers[user] = r.IntN(2) == 0
	}
	return o
}

func storePeople(t *testing.T, seed *storetest.Seed, issues []*oracleIssue) {
	t.Helper()
	id := func(actor string) string { _, id, _ := strings.Cut(actor, ":"); return id }
	seed.Copy(t, "users", "organization_id id username name email created_at", [][]any{
		{1, "1", "Ann", "", "ann@example.com", now}, {1, "2", "bob", "", "bob@example.com", now}, {2, "9", "ann", "", "", now},
	})
	seed.Copy(t, "teams", "organization_id id slug name created_at", [][]any{{1, "1", "core", "", now}, {1, "2", "ops", "", now}})
	seed.Copy(t, "team_members", "organization_id team_id user_id", [][]any{{1, "1", "1"}, {1, "2", "2"}})
	seed.Copy(t, "team_projects", "organization_id team_id project_id", [][]any{{1, "1", 1}})
	var bookmarks, subscriptions, owners, links, history, releases [][]any
	for _, i := range issues {
		for _, user := range i.bookmarks {
			bookmarks = append(bookmarks, []any{i.project, i.id, id(user), now})
		}
		for user, active := range i.subscribers {
			subscriptions = append(subscriptions, []any{i.project, i.id, id(user), active, 0, now})
		}
		for _, owner := range i.owners {
			owners = append(owners, []any{i.project, i.id, 1, owner, now})
		}
		if i.linked {
			links = append(links, []any{i.project, i.id, "https://example.com/1", "1", now})
		}
		for _, release := range i.regressed {
			history = append(history, []any{i.project, i.id, 7, "", release, now})
		}
		history = append(history, []any{i.project, i.id, 1, "", "1.0", now})
	}
	for n, release := range oracleReleases {
		releases = append(releases, []any{1, release, now.Add(-time.Duration(n) * day)}, []any{2, release, now.Add(time.Duration(n) * day)})
	}
	seed.Copy(t, "bookmarks", "project_id group_id user_id created_at", bookmarks)
	seed.Copy(t, "subscriptions", "project_id group_id user_id is_active reason created_at", subscriptions)
	seed.Copy(t, "issue_owners", "project_id group_id type owner created_at", owners)
	seed.Copy(t, "issue_links", "project_id group_id url display_name created_at", links)
	seed.Copy(t, "history", "project_id group_id status actor release created_at", history)
	seed.Copy(t, "releases", "project_id version created_at", releases)
	var adoptions [][]any
	for project, releases := range oracleStages {
		for release, stage := range releases {
			adopted, replaced := any(now), any(nil)
			if stage == "replaced" {
				replaced = now
			}
			adoptions = append(adoptions, []any{project, "prod", release, adopted, replaced})
		}
	}
	seed.Copy(t, "release_adoptions", "project_id environment version adopted_at replaced_at", adoptions)
}

// oracleStages are how far releases are in use in prod, by project. The others have low adoption, there and elsewhere.
var oracleStages = map[int64]map[string]string{
	1: {"1.0": "replaced", "1.1": "adopted", "dev": "adopted"}, 2: {"1.0": "adopted", "app@2.0": "replaced"},
}

// In project 1 the newest three are no semantic versions, in project 2 they are.
var (
	oracleReleases = []string{"dev", "1.1", "1.0", "app@1.10.0-rc.1", "web@1.9.0+7", "app@2.0"}
	oracleLatest   = map[int64]string{1: "dev", 2: "app@2.0"}
)

// oracleVersion is a semantic version with its order among the others.
type oracleVersion struct{ name, build string }

var oracleVersions = map[string]oracleVersion{"app@1.10.0-rc.1": {"app", ""}, "web@1.9.0+7": {"web", "7"}, "app@2.0": {"app", ""}}

// oracleOrder says of the versions that queries compare with which releases are equal to them, and which are above.
var oracleOrder = map[string]struct{ equal, above []string }{
	"1.10.0":      {nil, []string{"app@2.0"}},
	"1.10.0-rc.1": {[]string{"app@1.10.0-rc.1"}, []string{"app@2.0"}},
	"1.9":         {[]string{"web@1.9.0+7"}, []string{"app@1.10.0-rc.1", "app@2.0"}},
	"app@1.9.0":   {nil, []string{"app@1.10.0-rc.1", "app@2.0"}},
	"2.0.0":       {[]string{"app@2.0"}, nil},
	"1.*":         {[]string{"app@1.10.0-rc.1", "web@1.9.0+7"}, nil},
	"app@1.10.X":  {[]string{"app@1.10.0-rc.1"}, nil},
	"*":           {slices.Sorted(maps.Keys(oracleVersions)), nil},
}

func versionIs(release string, op searchquery.Op, value searchquery.Value) bool {
	_, semantic := oracleVersions[release]
	text := rawText(value)
	if text == "" || !semantic {
		return text == "" && !semantic
	}
	order := oracleOrder[text]
	equal, above := slices.Contains(order.equal, release), slices.Contains(order.above, release)
	if name, _, ok := strings.Cut(text, "@"); ok && name != oracleVersions[release].name {
		return false
	}
	switch op {
	case searchquery.Greater:
		return above
	case searchquery.GreaterOrEqual:
		return above || equal
	case searchquery.Less:
		return !above && !equal
	case searchquery.LessOrEqual:
		return !above
	}
	return equal
}

func rawText(value searchquery.Value) string {
	if p, ok := value.(searchquery.Pattern); ok {
		return string(p)
	}
	s, _ := value.(searchquery.String)
	return string(s)
}

// names reports whether one of the values names an actor.
func names(value searchquery.Value, actor string) bool {
	return slices.ContainsFunc(itemsOf(value), func(item searchquery.Value) bool { return actor != "" && oraclePeople[rawText(item)] == actor })
}

// nobody reports whether the values have `none` or no value among them.
func nobody(value searchquery.Value) bool {
	return slices.ContainsFunc(itemsOf(value), func(item searchquery.Value) bool {
		return item == searchquery.String("") || item == searchquery.String("none")
	})
}

// releaseIs compares a release of a project, `latest` with what is the latest there.
func releaseIs(project int64, release string, value searchquery.Value) bool {
	return slices.ContainsFunc(itemsOf(value), func(item searchquery.Value) bool {
		if item == searchquery.String("latest") {
			item = searchquery.String(oracleLatest[project])
		}
		return textIs(release, item)
	})
}

// related judges the fields that are about people and releases; ok is false for the others.
func (j judge) related(f *searchquery.Filter, op searchquery.Op) (is, ok bool) {
	i, release := j.issue, j.event.texts["release"]
	named := func(actor string) bool { return names(f.Value, actor) }
	switch f.Key {
	case "assigned_to":
		return named(i.assignee) || i.assignee == "" && nobody(f.Value), true
	case "assigned_or_suggested":
		suggested := i.assignee == "" && (slices.ContainsFunc(i.owners, named) || nobody(f.Value) && len(i.owners) == 0)
		return named(i.assignee) || suggested, true
	case "bookmarked_by":
		return slices.ContainsFunc(i.bookmarks, named) || nobody(f.Value) && len(i.bookmarks) == 0, true
	case "subscribed_by":
		active := slices.DeleteFunc(slices.Collect(maps.Keys(i.subscribers)), func(user string) bool { return !i.subscribers[user] })
		return slices.ContainsFunc(active, named) || nobody(f.Value) && len(active) == 0, true
	case "linked":
		return enumIs(f.Value, func(v searchquery.Enum) bool { return (v.Number == 1) == i.linked }), true
	case "regressed_in_release":
		in := func(release string) bool { return releaseIs(i.project, release, f.Value) }
		return slices.ContainsFunc(i.regressed, in) || f.Value == searchquery.String("") && len(i.regressed) == 0, true
	case "release":
		return releaseIs(i.project, release, f.Value), true
	case "first_release":
		return releaseIs(i.project, i.firstRelease, f.Value), true
	case "release.stage":
		stage := "low_adoption"
		if known := oracleStages[i.project][release]; known != "" && j.environments[0] == "prod" {
			stage = known
		}
		named := enumIs(f.Value, func(v searchquery.Enum) bool { return v.Name == stage })
		if f.Value == searchquery.String("") {
			named = release == ""
		} else if release == "" {
			named = negativeOp(f.Op) // whatever is asked, an event without a release is not meant
		}
		return named, true
	case "release.version":
		return versionIs(release, op, f.Value), true
	case "release.package":
		return textIs(oracleVersions[release].name, f.Value), true
	case "release.build":
		if op != searchquery.Equal {
			number := cmp.Or(oracleVersions[release].build, "none")
			return number != "none" && ordered(strings.Compare(number, rawText(f.Value)), op), true // one digit
		}
		return textIs(oracleVersions[release].build, f.Value), true
	}
	return false, false
}

// people writes a condition of these fields.
func (m queryMaker) people() string {
	not := pick(m.Rand, "", "", "!")
	who := func() string {
		return pick(m.Rand, append(slices.Sorted(maps.Keys(oraclePeople)), "none", "nobody")...)
	}
	switch m.IntN(8) {
	case 0:
		return pick(m.Rand, "", "!") + "is:" + pick(m.Rand, "linked", "unlinked")
	case 1:
		return not + "has:" + pick(m.Rand, "bookmarks", "subscribed", "assigned", "regressed_in_release", "release.version", "release.package", "release.build")
	case 2:
		return not + pick(m.Rand, "release:", "firstRelease:", "regressed_in_release:") + pick(m.Rand, "latest", "[latest, 1.0]", "dev")
	case 3:
		version := pick(m.Rand, slices.Sorted(maps.Keys(oracleOrder))...)
		if strings.ContainsAny(version, "*X") {
			return not + "release.version:" + version
		}
		return not + "release.version:" + pick(m.Rand, "", ">", ">=", "<", "<=") + version
	case 4:
		return not + pick(m.Rand, "release.package:app", "release.package:web", "release.build:7", "release.build:>6", "release.build:<=7", "release.build:7*", "release.build:8")
	case 5:
		return not + pick(m.Rand, "assigned:", "assigned_or_suggested:", "bookmarks:", "subscribed:") + "[" + quoted(who()) + ", " + quoted(who()) + "]"
	}
	return not + pick(m.Rand, "assigned:", "assigned_or_suggested:", "bookmarks:", "subscribed:") + quoted(who())
}
