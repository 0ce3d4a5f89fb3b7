package consumer

import "fmt"

const (
	recentRecords = 1000 // whose fates count
	recentMinimum = 100  // fewer say nothing
)

// recent is what became of a partition's last records: each is valid until it is found to be invalid.
type recent struct {
	invalid [recentRecords]bool
	seen    int
	count   int // of the invalid
}

// add takes a record for valid and gives its number.
func (r *recent) add() (number int) {
	number = r.seen
	place := &r.invalid[number%recentRecords]
	if *place {
		r.count--
	}
	*place = false
	r.seen++
	return number
}

// spoil says that a record is invalid after all.
func (r *recent) spoil(number int) {
	place := &r.invalid[number%recentRecords]
	if r.seen-number <= recentRecords && !*place {
		*place = true
		r.count++
	}
}

// over tells whether more than a share of the records was invalid.
func (r *recent) over(share float64) bool {
	n := min(r.seen, recentRecords)
	return n >= recentMinimum && float64(r.count) > share*float64(n)
}

func (r *recent) failure(w *window) error {
	return fmt.Errorf("%d of the last %d records of %s[%d] are invalid, more than PICKET_KAFKA_MAX_INVALID_SHARE allows; "+
		"nothing from offset %d on is committed", r.count, min(r.seen, recentRecords), w.topic, w.partition, w.position())
}
