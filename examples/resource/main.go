// Command resource is another service: it signs nobody in and accepts the tokens of one that does, by nothing but the key set which that
// one publishes. It shares no secret and no store with it.
//
//	go run ./examples/server &                                  # the issuer, on port 8080: sign in there
//	go run ./examples/resource                                  # this one, on port 8081
//	curl -s localhost:8081/reports -H 'X-API-Key: <the token>'
//
// What it does not get:
//
//   - Revocation. A token that was revoked, or whose session ended, is accepted here until it expires: 30 minutes by default
//     ([auth.Config.TokenLife]). A service that cannot wait so long shares the issuer's store and uses [auth.New] itself.
//   - Cheap refusals. It has no key for the token's mac, so a forged token costs a curve operation. A token that it has seen before costs
//     none.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/middleware"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8081", "address to listen on")
	issuer := flag.String("issuer", "http://localhost:8080", "whose tokens to accept")
	audience := flag.String("audience", "", "whom they must be for; default: the issuer")
	flag.Parse()
	handler, err := newHandler(*issuer, *audience)
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: *addr, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServe())
}

func newHandler(issuer, audience string) (http.Handler, error) {
	tokens, err := jwt.NewRemote(issuer+"/auth/jwks.json", issuer, audience, nil)
	if err != nil {
		return nil, err
	}
	guarded := middleware.RequireAuth(tokens)
	mux := http.NewServeMux()
	mux.Handle("GET /reports", guarded(http.HandlerFunc(reports)))
	mux.Handle("POST /reports", guarded(middleware.RequireType(jwt.TypeService)(http.HandlerFunc(reports))))
	return mux, nil
}

func reports(w http.ResponseWriter, r *http.Request) {
	who, _ := auth.FromContext(r.Context())
	fmt.Fprintf(w, "the reports of %s\n", who.TenantID)
}
