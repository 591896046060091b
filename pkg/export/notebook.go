package export

import "io"

func (s *Source) Notebook(out io.Writer, dir string) error { return nil }
