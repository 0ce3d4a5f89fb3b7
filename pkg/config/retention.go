package config

import (
	"fmt"
	"time"
)

// minRetention is the least that is taken for meant: what is older is dropped for good, and a slip of the pen must
// not do that.
const minRetention = 24 * time.Hour

// Retention is how long things are kept.
type Retention time.Duration

// UnmarshalText reads a duration such as 2160h.
func (r *Retention) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err == nil && d < minRetention {
		err = fmt.Errorf("%v is less than %v", d, minRetention)
	}
	*r = Retention(d)
	return err
}
