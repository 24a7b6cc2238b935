// Command mutate proves that the tests hold every control: it takes one control out of the code, runs the tests that are named for
// it, and demands that one goes red. Then it takes out the next.
//
//	go run ./internal/tools/mutate                   # every mutation; the outcome is docs/security/mutations.md
//	go run ./internal/tools/mutate -only 'otp|curve' # those whose area or control matches; the other rows stay
//	go run ./internal/tools/mutate -rest             # those for which the document names no test
//
// The tree is never touched: mutated files reach the compiler with -overlay. Building is most of what a mutation costs; so those that
// change nothing but bodies of functions are built into one test program, each behind its number, of which a run turns one on. The
// others are built one by one. The mutations are the files of list/, one
// area each, in the form that [parse] describes. The text that a mutation replaces must stand in its file exactly once; a mutation
// for which that is no longer so is stale, and stale mutations fail this package's tests, so that the list ages with the code.
//
// A mutation is held when a named test goes red. Where every test passes it has survived, which is a finding: the control is
// redundant or its test is missing. What the compiler refuses and what hangs proves nothing and does not count.
package main
