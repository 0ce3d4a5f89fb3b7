package store

// SetFewTraces makes searches give up the way by the traces of a rare query sooner.
func (s *Store) SetFewTraces(few int) { s.fewTraces = few }
