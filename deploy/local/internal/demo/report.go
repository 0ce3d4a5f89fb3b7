package demo

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	issuesv1 "github.com/picket-io/picket/gen/picket/issues/v1"
	searchv1 "github.com/picket-io/picket/gen/picket/search/v1"
	tracesv1 "github.com/picket-io/picket/gen/picket/traces/v1"
)

func (d *Demo) showIssues(ctx context.Context, out io.Writer) error {
	everything := ""
	resp, err := d.search.SearchIssues(ctx, &searchv1.SearchIssuesRequest{OrganizationId: organizationID, Query: &everything})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nIssues (%d), latest first:\n\n", resp.GetTotalSize())
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  ISSUE\tSTATUS\tPRIORITY\tLEVEL\tSEEN\tUSERS\tLAST SEEN\tTITLE")
	for _, issue := range resp.GetIssues() {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n", issue.GetShortId(), statusText(issue), lower(issue.GetPriority().String(), "PRIORITY_"),
			lower(issue.GetLevel().String(), "LEVEL_"), issue.GetTimesSeen(), issue.GetWindow().GetUserCount(),
			issue.GetLastSeen().AsTime().Local().Format("Jan _2 15:04"), issue.GetTitle())
	}
	if err := table.Flush(); err != nil {
		return err
	}
	d.call(out, `{"organization_id": 1, "query": ""}`, "SearchIssues")
	d.call(out, `{"organization_id": 1, "query": "is:unresolved (region:eu OR level:fatal) !environment:staging"}`, "SearchIssues")
	return nil
}

func (d *Demo) showTrace(ctx context.Context, out io.Writer) error {
	const query = `span.op:http.server payment.method:card`
	found, err := d.search.SearchTraces(ctx, &searchv1.SearchTracesRequest{OrganizationId: organizationID, Queries: []string{query}})
	if err != nil {
		return err
	}
	if len(found.GetTraces()) == 0 {
		return fmt.Errorf("no trace matches %q", query)
	}
	summary := found.GetTraces()[0]
	tree, err := d.search.GetTrace(ctx, &searchv1.GetTraceRequest{OrganizationId: organizationID, TraceId: summary.GetTraceId()})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nTrace %s: %s, %d spans, %d ms, %d occurrence(s)\n\n", summary.GetTraceId(), summary.GetName(),
		summary.GetSpanCount(), summary.GetDurationMs(), summary.GetOccurrenceCount())
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  SPAN\tSERVICE\tSTATUS\tSTART\tDURATION\tISSUES")
	for _, root := range tree.GetRoots() {
		showNode(table, root, 0, summary.GetStartTime().AsTime())
	}
	if err := table.Flush(); err != nil {
		return err
	}
	d.call(out, fmt.Sprintf(`{"organization_id": 1, "queries": [%q]}`, query), "SearchTraces")
	d.call(out, fmt.Sprintf(`{"organization_id": 1, "trace_id": %q}`, summary.GetTraceId()), "GetTrace")
	return nil
}

func showNode(out io.Writer, node *tracesv1.TraceNode, depth int, begin time.Time) {
	span := node.GetSpan()
	var issues []string
	for _, issue := range node.GetIssues() {
		issues = append(issues, issue.GetShortId()+" "+issue.GetTitle())
	}
	fmt.Fprintf(out, "  %s%s %s\t%s\t%s\t+%d ms\t%.0f ms\t%s\n", strings.Repeat("  ", depth), span.GetOp(), span.GetDescription(),
		span.GetService(), span.GetStatus(), span.GetStartTime().AsTime().Sub(begin).Milliseconds(), span.GetDurationMs(), strings.Join(issues, ", "))
	for _, child := range node.GetChildren() {
		showNode(out, child, depth+1, begin)
	}
}

// call prints the line by which anybody can ask the same.
func (d *Demo) call(out io.Writer, request, method string) {
	fmt.Fprintf(out, "\n  grpcurl -plaintext -d '%s' %s picket.search.v1.SearchService/%s\n", request, d.targets.Search, method)
}

func statusText(issue *issuesv1.Issue) string {
	text := lower(issue.GetStatus().String(), "STATUS_")
	if issue.GetSubstatus() != issuesv1.Substatus_SUBSTATUS_UNSPECIFIED {
		text += ", " + lower(issue.GetSubstatus().String(), "SUBSTATUS_")
	}
	return text
}

func lower(name, prefix string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, prefix)), "_", " ")
}
