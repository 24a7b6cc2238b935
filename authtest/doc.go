// Package authtest is for tests of programs that use this library: a complete sign-in stack in memory, a clock that moves by
// hand, an inbox that catches the messages, and back ends that fail on command.
//
// Most tests need [New] and [Server.SignIn]:
//
//	s := authtest.New(t, auth.Config{})
//	r := httptest.NewRequest("GET", "/reports", nil)
//	r.Header.Set("X-API-Key", s.SignIn(user.User{Email: "ada@example.com", TenantID: "acme"}))
//	s.RequireAuth(reports).ServeHTTP(w, r)
//
// The token is a real one: it was signed for a session that began with a code out of the [Inbox]. Nothing in the library is
// switched off or bypassed for tests.
//
// To see what a program does when its store or mail server fails, use [Server.Faults], [Refusing], [EveryOther] and [NewStall].
//
// Nothing here waits for time to pass, and nothing belongs into a program that serves.
package authtest
