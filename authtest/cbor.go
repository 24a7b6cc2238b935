package authtest

import "encoding/binary"

// The major types of CBOR (RFC 8949 section 3.1) that an authenticator writes.
const (
	cborUnsigned = 0 << 5
	cborNegative = 1 << 5
	cborByte     = 2 << 5
	cborString   = 3 << 5
	cborPairs    = 5 << 5
)

func cborHead(major byte, n int) []byte {
	switch {
	case n < 24:
		return []byte{major | byte(n)}
	case n < 1<<8:
		return []byte{major | 24, byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{major | 25}, uint16(n))
	}
	return binary.BigEndian.AppendUint32([]byte{major | 26}, uint32(n))
}

func cborInt(n int) []byte {
	if n < 0 {
		return cborHead(cborNegative, -1-n)
	}
	return cborHead(cborUnsigned, n)
}

func cborBytes(b []byte) []byte { return append(cborHead(cborByte, len(b)), b...) }

func cborText(s string) []byte { return append(cborHead(cborString, len(s)), s...) }

// cborMap takes names and values by turns.
func cborMap(items ...[]byte) []byte {
	b := cborHead(cborPairs, len(items)/2)
	for _, item := range items {
		b = append(b, item...)
	}
	return b
}
