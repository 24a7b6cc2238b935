// Package layout holds the tests that keep the library's packages on their floors: nothing imports upwards, neighbours
// know each other only where the plan says so, and no database driver hides behind the root package.
//
// A new package gets a line in the plan, or the tests fail.
package layout
