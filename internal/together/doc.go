// Package together asks for several things at once that need nothing of one another: the caller waits for the slowest of them, not for
// their sum.
//
// Use it for reads, and for writes of which it does not matter which is done when another fails. What decides whether the next step may be
// taken comes one after the other; what that decision does not change may be read beside it.
package together
