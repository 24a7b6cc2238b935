// Package testutil starts real servers for tests: Redis (one node, a cluster, sentinels), a MongoDB wire server on
// SQLite and on PostgreSQL, an SMTP server, two OpenID providers, and runs independent JWT libraries.
//
// A test asks for what it needs and gets an address:
//
//	func TestMain(m *testing.M) { testutil.Main(m) }
//
//	func TestStore(t *testing.T) {
//		rdb := redis.NewClient(&redis.Options{Addr: testutil.RedisServer(t)})
//		…
//	}
//
// Each server starts once in a test binary, when the first test asks, and is shared by all its tests: keep them apart
// by key prefix or database name. [Main] stops what was started; a binary that dies takes its servers along.
//
// Nothing listens beyond loopback. Programs come from .cache/bin at the root of the repository, where "make tools"
// puts them (AUTH_TEST_BIN names another folder), or from Debian packages. One that is missing skips the test with a
// sentence that says how to get it; where CI or AUTH_TEST_REQUIRE=1 is set, it fails the test.
package testutil
