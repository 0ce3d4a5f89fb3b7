package store

import (
	"context"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/picket-io/picket/pkg/fault"
	"github.com/picket-io/picket/pkg/searchquery"
	"github.com/picket-io/picket/services/search/internal/search"
)

const latest = searchquery.String("latest")

// selectLatest reads of each project the newest release, whether the ten newest are semantic versions, and the highest of
// those that are.
const selectLatest = `
SELECT p.id, newest.versions[1], newest.semantic, coalesce(highest.version, '')
FROM unnest($1::bigint[]) AS p (id)
CROSS JOIN LATERAL (
    SELECT array_agg(version ORDER BY place) AS versions, array_agg(semantic ORDER BY place) AS semantic FROM (
        SELECT r.version, r.major IS NOT NULL AS semantic,
               row_number() OVER (ORDER BY coalesce(r.released_at, r.created_at) DESC, r.version DESC) AS place
        FROM releases r WHERE r.project_id = p.id
        ORDER BY coalesce(r.released_at, r.created_at) DESC, r.version DESC LIMIT 10
    ) ten
) newest
LEFT JOIN LATERAL (
    SELECT r.version FROM releases r WHERE r.project_id = p.id AND r.major IS NOT NULL
    ORDER BY r.major DESC, r.minor DESC, r.patch DESC, r.revision DESC, r.prerelease_key DESC, r.version DESC LIMIT 1
) highest ON TRUE
WHERE newest.versions IS NOT NULL`

// resolved gives a query that names the latest releases the releases that they are now, unless it has those of its first page.
func resolved(ctx context.Context, tx pgx.Tx, q search.Query) (search.Query, error) {
	if q.Scope.Latest != nil || !search.NamesLatest(q.Tree) {
		return q, nil
	}
	q.Scope.Latest = map[int64]string{}
	_, err := collect(ctx, tx, statement{selectLatest, []any{q.Scope.ProjectIDs()}}, func(r pgx.CollectableRow) (struct{}, error) {
		var project int64
		var newest, highest string
		var semantic []bool
		err := r.Scan(&project, &newest, &semantic, &highest)
		if search.FollowsSemver(semantic) {
			newest = highest
		}
		q.Scope.Latest[project] = newest
		return struct{}{}, err
	})
	return q, err
}

// release compares a release, of which `latest` is another in every project.
func (b *builder) release(project, expr string, f *searchquery.Filter) string {
	var others searchquery.List
	named := false
	for _, item := range items(f.Value) {
		if item == latest {
			named = true
		} else {
			others = append(others, item)
		}
	}
	if !named {
		return b.text(expr, f)
	}
	var projects []int64
	var versions []string
	for _, p := range b.scope.Projects {
		if version := b.scope.Latest[p.ID]; version != "" {
			projects, versions = append(projects, p.ID), append(versions, version)
		}
	}
	return negate(f.Op, "("+expr+" = ANY("+b.arg(texts(others))+"::text[]) OR ("+project+", "+expr+") IN (SELECT project_id, version FROM unnest("+
		b.arg(projects)+"::bigint[], "+b.arg(versions)+"::text[]) AS latest (project_id, version)))")
}

// regressedIn finds issues that came back in a release.
func (b *builder) regressedIn(f *searchquery.Filter) (string, error) {
	if absent(f) {
		return negate(f.Op, "NOT EXISTS ("+regressions+")"), nil
	}
	positive := *f
	positive.Op = positiveOp(f.Op)
	return negate(f.Op, "EXISTS ("+regressions+" AND "+b.release("h.project_id", "h.release", &positive)+")"), nil
}

// A row of the history whose status is 7 is a regression.
const regressions = "SELECT FROM history h WHERE h.project_id = g.project_id AND h.group_id = g.id AND h.status = 7"

// ofRelease finds events whose release satisfies a condition on releases r.
func ofRelease(condition string) string {
	return "EXISTS (SELECT FROM releases r WHERE r.project_id = e.project_id AND r.version = e.release AND " + condition + ")"
}

func (b *builder) releasePackage(f *searchquery.Filter) (string, error) {
	if absent(f) {
		return negate(f.Op, "NOT "+ofRelease("r.package <> ''")), nil
	}
	wanted := []string{}
	for _, item := range items(f.Value) {
		if s, ok := item.(searchquery.String); ok {
			wanted = append(wanted, string(s))
		}
	}
	return negate(f.Op, ofRelease("r.package = ANY("+b.arg(wanted)+"::text[])")), nil
}

var digits = regexp.MustCompile(`^[0-9]{1,18}$`)

// releaseBuild compares numbers as such, and other builds as texts.
func (b *builder) releaseBuild(f *searchquery.Filter) (string, error) {
	s, isText := f.Value.(searchquery.String)
	switch {
	case absent(f):
		return negate(f.Op, "NOT "+ofRelease("r.build <> ''")), nil
	case isText && digits.MatchString(string(s)):
		n, err := strconv.ParseInt(string(s), 10, 64)
		if err != nil { // 18 digits always fit
			n = math.MaxInt64
		}
		op := positiveOp(f.Op)
		return negate(f.Op, ofRelease("r.build_number "+operator(op)+" "+b.arg(n)+"::bigint")), nil
	}
	positive := *f
	positive.Op = positiveOp(f.Op)
	return negate(f.Op, ofRelease("r.build <> '' AND "+b.text("r.build", &positive))), nil
}

var stages = []string{"adopted", "low_adoption", "replaced"}

// releaseStage asks how far the release of an event is in use in the one environment that is searched. A release of which
// nobody says anything has low adoption. The negation finds releases of the other stages, and no event without a release.
func (b *builder) releaseStage(f *searchquery.Filter) (string, error) {
	if len(b.scope.Environments) != 1 {
		return "", fault.InvalidField(queryField, "column %d: choose a single environment to search by %s", f.Column, f.Name)
	}
	if absent(f) {
		return negate(f.Op, "e.release = ''"), nil
	}
	var wanted []string
	for _, item := range items(f.Value) {
		if e, ok := item.(searchquery.Enum); ok {
			wanted = append(wanted, stages[e.Number])
		}
	}
	if negative(f.Op) {
		wanted = slices.DeleteFunc(slices.Clone(stages), func(stage string) bool { return slices.Contains(wanted, stage) })
	}
	return "(e.release <> '' AND coalesce((SELECT s.stage FROM release_stages s WHERE s.project_id = e.project_id AND s.version = e.release" +
		" AND s.environment = " + b.arg(b.scope.Environments[0]) + "), 'low_adoption') = ANY(" + b.arg(wanted) + "::text[]))", nil
}

func positiveOp(op searchquery.Op) searchquery.Op {
	if positive, ok := positives[op]; ok {
		return positive
	}
	return op
}

// releaseVersion compares semantic versions number by number; the build has no part in that.
func (b *builder) releaseVersion(f *searchquery.Filter) (string, error) {
	if absent(f) {
		return negate(f.Op, "NOT "+ofRelease("r.major IS NOT NULL")), nil
	}
	v := search.ReadVersion(f.Value)
	condition := "r.major IS NOT NULL"
	if v.Package != "" {
		condition += " AND r.package = " + b.arg(v.Package)
	}
	if v.Parts {
		for i, n := range v.Numbers {
			condition += " AND " + [...]string{"r.major", "r.minor", "r.patch", "r.revision"}[i] + " = " + b.arg(n) + "::bigint"
		}
		return negate(f.Op, ofRelease(condition)), nil
	}
	numbers := make([]string, 4)
	for i := range numbers {
		n := int64(0)
		if i < len(v.Numbers) {
			n = v.Numbers[i]
		}
		numbers[i] = b.arg(n) + "::bigint"
	}
	condition += " AND (r.major, r.minor, r.patch, r.revision, r.prerelease_key) " + operator(positiveOp(f.Op)) + " (" +
		strings.Join(numbers, ", ") + ", prerelease_key(" + b.arg(v.Prerelease) + `) COLLATE "C")`
	return negate(f.Op, ofRelease(condition)), nil
}
