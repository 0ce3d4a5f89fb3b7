// Package traces holds the rules of the traces service: what a received span means, which spans are refused, how a
// trace is named, laid out as a tree and broken down into the times in which each service worked. It does no I/O.
package traces
