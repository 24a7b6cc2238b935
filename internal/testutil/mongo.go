package testutil

import (
	"os"
	"strconv"
	"sync"
	"testing"
)

// MongoServer returns the URI of a MongoDB wire server on SQLite. Single write commands are atomic there, as on
// MongoDB; TTL indexes, transactions and replica sets are absent.
func MongoServer(tb testing.TB) string {
	tb.Helper()
	return useServer(tb, mongoOnSQLite)
}

// MongoOnPostgres returns the URI of a MongoDB wire server on PostgreSQL. Update and delete commands whose filter
// reaches into an array match nothing there.
func MongoOnPostgres(tb testing.TB) string {
	tb.Helper()
	return useServer(tb, mongoOnPostgres)
}

// RealMongo returns the URI in MONGODB_URI, where somebody offers a MongoDB server of his own. Tests use databases of
// their own names on it and drop them.
func RealMongo() (string, bool) {
	uri := os.Getenv("MONGODB_URI")
	return uri, uri != ""
}

var mongoOnSQLite = sync.OnceValues(func() (string, error) {
	return mongodev(func(dir string) []string { return []string{"-handler", "sqlite", "-sqlite-url", "file:" + dir + "/"} })
})

var mongoOnPostgres = sync.OnceValues(func() (string, error) {
	url, err := postgresServer()
	if err != nil {
		return "", err
	}
	return mongodev(func(string) []string { return []string{"-handler", "postgresql", "-postgresql-url", url} })
})

// mongodev starts a server whose back end is told by the arguments that backend returns for its folder.
func mongodev(backend func(dir string) []string) (string, error) {
	path, err := built("mongodev")
	if err != nil {
		return "", err
	}
	port, err := onFreePort(func(port int) error {
		dir, err := running.folder("mongo-" + strconv.Itoa(port))
		if err != nil {
			return err
		}
		args := append([]string{"-listen", loopback(port)}, backend(dir)...)
		return start(command{path: path, args: args, dir: dir, ready: listens(port)})
	})
	return "mongodb://" + loopback(port) + "/", err
}
