// Package searchquery reads the query language of Picket's searches into a typed tree.
//
// A query is made of filters (`is:unresolved`, `!release:1.*`, `timesSeen:>5k`, `age:-24h`, `has:user`), free text
// that is looked for in the message, the words AND, OR and NOT, and parentheses; in span search, conditions on the
// spans around (`parent:(…)`, `child:(…)`, `ancestor:(…)`). Terms side by side are joined by an
// AND that binds tighter than OR. What a key means comes from a table of package fields: each search passes its own.
//
//	tree, err := searchquery.Parse(`is:unresolved (level:error OR TypeError)`, fields.Issues())
//
// The work goes in phases: lex finds where filters, text and operators begin and end; parse builds the tree; resolve
// turns each filter's text into a value of its field's kind; validate judges the tree as a whole; print gives back a
// text that parses to the same tree. Nothing here knows the time: relative dates stay relative until At is called.
//
// Where the language differs from the one it re-creates is listed in docs/compatibility.md.
package searchquery

// Limits of a query. Beyond them Parse answers an error, so that a search has a bounded cost.
const (
	MaxBytes     = 4096 // length of the text
	MaxDepth     = 32   // parentheses and NOTs inside one another
	MaxFilters   = 100  // filters and free texts together
	MaxListItems = 100  // values of one list
)
