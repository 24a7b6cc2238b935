package web

import (
	"net/http"

	"github.com/crafteasy/auth/internal/turns"
)

// answer gives the turn of a request back when the answer begins: how fast it is read is up to the client.
type answer struct {
	http.ResponseWriter

	turn *turns.Turn
}

func (a answer) Write(b []byte) (int, error) {
	a.turn.GiveBack()
	return a.ResponseWriter.Write(b)
}

// Unwrap lets [http.ResponseController] through.
func (a answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
