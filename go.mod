module github.com/picket-io/picket

go 1.26
