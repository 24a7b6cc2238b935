package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// command builds an OP_MSG whose first element is called name.
func command(name string, flags uint32, section byte) message {
	body := []byte{section, 0, 0, 0, 0, 2}
	body = append(append(body, name...), 0)
	m := make(message, sectionAt, sectionAt+len(body))
	binary.LittleEndian.PutUint32(m[12:], opMsg)
	binary.LittleEndian.PutUint32(m[flagsAt:], flags)
	m = append(m, body...)
	binary.LittleEndian.PutUint32(m, uint32(len(m)))
	return m
}

func TestMessage(t *testing.T) {
	query := make(message, 64)
	binary.LittleEndian.PutUint32(query[12:], 2004)
	tests := []struct {
		name          string
		m             message
		writes, reply bool
	}{
		{"findAndModify waits its turn", command("findAndModify", 0, 0), true, true},
		{"update waits its turn", command("update", 0, 0), true, true},
		{"a find passes", command("find", 0, 0), false, true},
		{"a name that begins like a write passes", command("updateUser", 0, 0), false, true},
		{"a document sequence first means a write", command("x", 0, 1), true, true},
		{"an unacknowledged write has no reply", command("insert", moreToCome, 0), true, false},
		{"the first hello passes", query, false, true},
		{"a short message passes", make(message, headerLen), false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.m.writes(); got != tt.writes {
				t.Errorf("writes() = %t, want %t", got, tt.writes)
			}
			if got := tt.m.wantsReply(); got != tt.reply {
				t.Errorf("wantsReply() = %t, want %t", got, tt.reply)
			}
		})
	}
}

func TestRead(t *testing.T) {
	want := command("ping", 0, 0)
	got, err := read(bytes.NewReader(append(bytes.Clone(want), "next"...)))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("read() = %x, %v, want exactly one message", got, err)
	}
	for _, n := range []uint32{0, headerLen - 1, maxMessage + 1} {
		header := make([]byte, headerLen)
		binary.LittleEndian.PutUint32(header, n)
		if _, err := read(bytes.NewReader(header)); !errors.Is(err, errLength) {
			t.Errorf("length %d: got %v, want errLength", n, err)
		}
	}
}

func TestLoopbackOnly(t *testing.T) {
	for address, ok := range map[string]bool{
		"127.0.0.1:0": true, "[::1]:27017": true, ":27017": false, "0.0.0.0:27017": false, "db.example:27017": false,
	} {
		err := loopback(address)
		if (err == nil) != ok {
			t.Errorf("loopback(%q) = %v", address, err)
		}
		if err != nil && !strings.Contains(err.Error(), "loopback") {
			t.Errorf("loopback(%q) = %v, want the reason", address, err)
		}
	}
}
