package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// The wire protocol's numbers, as far as the proxy needs them.
const (
	opMsg      = 2013
	moreToCome = 1 << 1

	headerLen  = 16       // length, request id, response to, opcode
	flagsAt    = 16       // of an OP_MSG
	sectionAt  = 20       // kind of the first section
	nameAt     = 26       // after kind, document length and element type: name of the first element
	maxMessage = 48 << 20 // what MongoDB itself accepts
)

var errLength = errors.New("message length out of range")

// message is one message with its header.
type message []byte

// read returns the next message of r.
func read(r io.Reader) (message, error) {
	var header [headerLen]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(header[:])
	if n < headerLen || n > maxMessage {
		return nil, errLength
	}
	m := make(message, n)
	copy(m, header[:])
	_, err := io.ReadFull(r, m[headerLen:])
	return m, err
}

// isMsg reports whether m is an OP_MSG that is long enough to hold a command. The only other kind a driver sends is
// the OP_QUERY of its first hello.
func (m message) isMsg() bool {
	return len(m) > nameAt && binary.LittleEndian.Uint32(m[12:]) == opMsg
}

// wantsReply reports whether the server answers m.
func (m message) wantsReply() bool {
	return !m.isMsg() || binary.LittleEndian.Uint32(m[flagsAt:])&moreToCome == 0
}

// writes reports whether m is a command that changes something.
func (m message) writes() bool {
	if !m.isMsg() {
		return false
	}
	if m[sectionAt] != 0 {
		return true // a document sequence comes first: only write commands carry one
	}
	name, _, _ := bytes.Cut(m[nameAt:], []byte{0})
	switch string(name) {
	case "insert", "update", "delete", "findAndModify",
		"create", "createIndexes", "drop", "dropDatabase", "dropIndexes", "renameCollection":
		return true
	}
	return false
}
