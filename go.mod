module github.com/picket-io/picket

go 1.26.0

require github.com/picket-io/picket/gen v0.0.0

replace github.com/picket-io/picket/gen => ./gen
