package layout

import (
	"path"
	"strings"
)

const module = "github.com/crafteasy/auth"

// place says where a package stands. Paths are relative to the module; the root package is ".".
type place struct {
	floor  int      // it may import what stands below
	beside []string // neighbours on its own floor that it may import
	only   []string // if set, the only packages of this module that it may import
	except []string // packages below that it may not import
}

// plan is the house. A key that ends in "/..." places every package under a folder; an exact key comes first.
var plan = map[string]place{
	// The ground: what every floor uses.
	"internal/ctxkey":   {floor: 0},
	"internal/outbound": {floor: 0, beside: []string{"internal/turns"}},
	"internal/problem":  {floor: 0},
	"internal/secret":   {floor: 0},
	"internal/together": {floor: 0, beside: []string{"internal/problem"}},
	"internal/turns":    {floor: 0, beside: []string{"internal/ctxkey", "internal/problem"}},
	"internal/undo":     {floor: 0},

	// What is signed, who it is about, where it is kept, how it is sent and told.
	"jwt":               {floor: 1},
	"user":              {floor: 1},
	"user/...":          {floor: 1, beside: []string{"user"}},
	"kv":                {floor: 1},
	"sender":            {floor: 1},
	"sender/...":        {floor: 1, beside: []string{"sender"}},
	"audit":             {floor: 1, beside: []string{"jwt"}},
	"internal/clientip": {floor: 1},
	"internal/message":  {floor: 1, beside: []string{"sender"}},
	"internal/outbox":   {floor: 1, beside: []string{"audit", "internal/message", "sender", "user"}},
	"internal/web":      {floor: 1, beside: []string{"audit", "internal/clientip", "jwt"}},

	// The gate, and what stands before it.
	"abuse":     {floor: 2, beside: []string{"abuse/disposable"}},
	"abuse/...": {floor: 2, beside: []string{"abuse/disposable"}},
	"session":   {floor: 2, beside: []string{"abuse"}},

	// The methods, which never import one another, and the middleware, which knows tokens and nothing else.
	"apikey":     {floor: 3},
	"oauth":      {floor: 3},
	"otp":        {floor: 3},
	"totp":       {floor: 3},
	"webauthn":   {floor: 3},
	"middleware": {floor: 3, only: []string{"internal/ctxkey", "internal/problem", "internal/web", "jwt"}},

	// What a back end is, the back ends, which never import one another, and the contract as tests.
	"store":            {floor: 4},
	"store/memstore":   {floor: 4, beside: []string{"store"}},
	"store/mongostore": {floor: 4, beside: []string{"store"}},
	"store/redisstore": {floor: 4, beside: []string{"store"}},
	"store/storetest":  {floor: 4, beside: []string{"store"}},
	"internal/bounded": {floor: 4, beside: []string{"store"}},

	// The façade, and what is built on it.
	".":                        {floor: 5, except: []string{"store/mongostore", "store/redisstore"}},
	"authtest":                 {floor: 5, beside: []string{"."}},
	"examples/...":             {floor: 5, beside: []string{".", "authtest"}},
	"internal/catalogue":       {floor: 5},
	"internal/layout":          {floor: 5},
	"internal/proof":           {floor: 5},
	"internal/tools/sbom":      {floor: 5},
	"internal/testutil":        {floor: 5},
	"internal/tools/...":       {floor: 5},
	"internal/testutil/...":    {floor: 5, beside: []string{".", "internal/testutil"}},
	"internal/testutil/guards": {floor: 5, beside: []string{"internal/testutil/caller"}},
	"regress/...":              {floor: 5, beside: []string{".", "authtest", "internal/testutil", "internal/testutil/..."}},
	"regress":                  {floor: 5, beside: []string{".", "authtest", "internal/testutil", "internal/testutil/..."}},
}

// forTests are imported by tests, and by packages that exist for tests.
var forTests = []string{"internal/testutil", "internal/testutil/...", "regress", "regress/...", "store/storetest"}

// drivers are modules that a program links only when it asks for them.
var drivers = []string{
	"github.com/redis/go-redis", "go.mongodb.org/mongo-driver", "github.com/nyaruka/phonenumbers",
}

// find returns the place of a package.
func find(pkg string) (place, bool) {
	if at, ok := plan[pkg]; ok {
		return at, true
	}
	for dir := path.Dir(pkg); dir != "."; dir = path.Dir(dir) {
		if at, ok := plan[dir+"/..."]; ok {
			return at, true
		}
	}
	return place{}, false
}

// among reports whether a package is on a list, whose entries may end in "/...".
func among(list []string, pkg string) bool {
	for _, entry := range list {
		dir, tree := strings.CutSuffix(entry, "/...")
		if pkg == entry || tree && strings.HasPrefix(pkg, dir+"/") {
			return true
		}
	}
	return false
}
