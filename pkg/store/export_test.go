package store

// WithFault is o with a disk that asks fault before each step, and lets the step fail
// with its error.
func (o Options) WithFault(fault func(step, path string) error) Options {
	o.disk = &disk{fault: fault}
	return o
}

// Kill ends the writing as a kill does when all that was appended is in the journal.
func (s *Store) Kill() error {
	close(s.queue)
	s.wait.Wait()
	return s.closeFiles()
}

// PartRows is how many trials a part has.
const PartRows = partRows
