package redisstore

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// keys names what a store keeps. Every name says whose it is and of what kind, and no two things share one:
//
//	auth:kv:<key as it is>          a value or a counter that expires
//	auth:{<owner>}:<kind>[:<id>]    what belongs to one owner: one hash slot of a cluster
//	auth:floor                      what there is one of
//	auth:{auth:floor}:<kind>        what belongs to it: in its slot, since a hash tag that names a whole key has that key's slot
//
// A namespace follows the prefix, as in auth/<namespace>:floor.
type keys struct{ prefix string }

func (k keys) namespace(name string) keys { return keys{k.prefix + "/" + escape(name)} }

// expiring names a value or a counter of package kv. Its bytes are the caller's; a verb never touches two.
func (k keys) expiring(key string) string { return k.prefix + ":kv:" + key }

// of names a thing of a kind that belongs to an owner. Things of one owner share a slot, so that one script may touch them.
func (k keys) of(owner, kind string, id ...string) string {
	var b strings.Builder
	b.WriteString(k.prefix)
	b.WriteString(":{")
	b.WriteString(escape(owner))
	b.WriteString("}:")
	b.WriteString(kind)
	for _, part := range id {
		b.WriteByte(':')
		b.WriteString(escape(part))
	}
	return b.String()
}

// single names what there is one of in a namespace.
func (k keys) single(kind string) string { return k.prefix + ":" + kind }

// beside names a thing that shares the slot of what there is one of. No owner's name holds a colon, so none shares the tag.
func (k keys) beside(kind, thing string) string {
	return k.prefix + ":{" + k.single(kind) + "}:" + thing
}

// longest is how many bytes of an escaped part go into a key as they are.
const longest = 256

// escape makes a part of a key: never empty, free of the separators of a key and of a hash tag, and different for
// different parts. Letters, digits and -_.@+ stay readable.
func escape(part string) string {
	if part == "" {
		return "%"
	}
	if strings.IndexFunc(part, func(r rune) bool { return !readable(r) }) >= 0 {
		const hex = "0123456789ABCDEF"
		var b strings.Builder
		for i := range len(part) {
			if c := part[i]; readable(rune(c)) {
				b.WriteByte(c)
			} else {
				b.Write([]byte{'%', hex[c>>4], hex[c&15]})
			}
		}
		part = b.String()
	}
	if len(part) <= longest {
		return part
	}
	sum := sha256.Sum256([]byte(part))
	return "~" + base64.RawURLEncoding.EncodeToString(sum[:])
}

func readable(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("-_.@+", c)
}
