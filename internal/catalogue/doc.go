// Package catalogue holds the attack catalogue as tests: real requests to real servers, one test for each case, named after
// it, on every back end and on one and two instances.
//
// A test does exactly what the row of the catalogue says and sees exactly the outcome it asks for. Beside it, every refusal also
// means what [env.refuses] checks: no protected handler ran, nothing that could be a credential came back, nothing was created, and
// the refusal is exactly one event.
package catalogue
