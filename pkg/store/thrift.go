package store

import (
	"encoding/binary"
	"errors"
)

// Parquet's footer and page headers are in Thrift's compact protocol. Its
// decoder makes a list as long as the file claims; so the bytes are walked
// through first, and nothing in them may claim more than there is.

var errThrift = errors.New("damaged: a header is not what it claims")

const (
	// thriftDepth is more than Parquet's structures nest.
	thriftDepth = 16
	// thriftItem is less than a structure in a list takes in any file that holds
	// something, and bounds how much larger a list is in memory.
	thriftItem = 6
)

// Types of the compact protocol.
const (
	thriftTrue = iota + 1
	thriftFalse
	thriftByte
	thriftInt16
	thriftInt32
	thriftInt64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
)

// thriftSize is the length of the structure that text begins with.
func thriftSize(text []byte) (int, error) {
	w := thriftWalker{text: text}
	if err := w.structure(0); err != nil {
		return 0, err
	}
	if w.items*thriftItem > w.at {
		return 0, errThrift
	}
	return w.at, nil
}

type thriftWalker struct {
	text  []byte
	at    int
	items int // structures in lists
}

func (w *thriftWalker) octet() (byte, error) {
	if w.at == len(w.text) {
		return 0, errThrift
	}
	w.at++
	return w.text[w.at-1], nil
}

func (w *thriftWalker) number() (uint64, error) {
	x, n := binary.Uvarint(w.text[w.at:])
	if n <= 0 {
		return 0, errThrift
	}
	w.at += n
	return x, nil
}

func (w *thriftWalker) skip(n uint64) error {
	if n > uint64(len(w.text)-w.at) {
		return errThrift
	}
	w.at += int(n)
	return nil
}

func (w *thriftWalker) structure(depth int) error {
	if depth > thriftDepth {
		return errThrift
	}
	for {
		head, err := w.octet()
		if err != nil || head == 0 {
			return err
		}
		if head>>4 == 0 { // the field's number stands behind
			if _, err := w.number(); err != nil {
				return err
			}
		}
		kind := head & 15
		if kind == thriftTrue || kind == thriftFalse {
			continue // the kind is the value
		}
		if err := w.value(kind, depth); err != nil {
			return err
		}
	}
}

func (w *thriftWalker) value(kind byte, depth int) error {
	switch kind {
	case thriftTrue, thriftFalse, thriftByte: // flags in a list take a byte
		return w.skip(1)
	case thriftInt16, thriftInt32, thriftInt64:
		_, err := w.number()
		return err
	case thriftDouble:
		return w.skip(8)
	case thriftBinary:
		n, err := w.number()
		if err != nil {
			return err
		}
		return w.skip(n)
	case thriftList, thriftSet:
		return w.list(depth)
	case thriftStruct:
		return w.structure(depth + 1)
	}
	return errThrift // Parquet has no maps
}

func (w *thriftWalker) list(depth int) error {
	head, err := w.octet()
	if err != nil || depth > thriftDepth {
		return errThrift
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = w.number(); err != nil {
			return err
		}
	}
	if n > uint64(len(w.text)-w.at) {
		return errThrift // each item takes a byte at the least
	}
	kind := head & 15
	if kind == thriftStruct {
		w.items += int(n)
	}
	for range n {
		if err := w.value(kind, depth+1); err != nil {
			return err
		}
	}
	return nil
}
