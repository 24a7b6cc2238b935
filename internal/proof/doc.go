// Package proof holds what is said about the security of this library against what is there: the attack catalogue, the promises of
// SECURITY.md, the documents of docs/security, and the dependencies.
//
// Documents that are made from the code are rewritten by
//
//	AUTH_UPDATE_GOLDEN=1 go test ./internal/proof
//
// and a test fails when one of them is out of date, when a case has no test, or when a document names a test that does not exist.
package proof
