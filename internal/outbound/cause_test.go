package outbound_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/crafteasy/auth/internal/outbound"
)

func TestCause(t *testing.T) {
	s, _ := web(t, true, ok)
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = gone.Close()
	for _, c := range []struct {
		rule  string
		opts  outbound.Options
		url   string
		again bool
	}{
		{"a refused address stays refused", outbound.Options{}, s.URL + "/?key=hunter2", false},
		{"a refused scheme stays refused", outbound.Options{}, "http://127.0.0.1/?key=hunter2", false},
		{"an unknown certificate stays unknown", outbound.Options{AllowLoopback: true}, s.URL + "/?key=hunter2", false},
		{"a refused connection may work again", outbound.Options{AllowLoopback: true}, "http://" + gone.Addr().String() + "/?key=hunter2", true},
	} {
		t.Run(c.rule, func(t *testing.T) {
			_, err := get(t, client(t, c.opts), c.url)
			again, cause := outbound.Cause(err)
			if cause == nil || again != c.again || strings.Contains(cause.Error(), "hunter2") {
				t.Errorf("got %v, again %t; want again %t and no URL", cause, again, c.again)
			}
		})
	}
	if again, cause := outbound.Cause(context.Canceled); !errors.Is(cause, context.Canceled) || !again {
		t.Errorf("a plain error: got %v, %t", cause, again)
	}
}

func TestAgain(t *testing.T) {
	for status, want := range map[int]bool{
		http.StatusOK: false, http.StatusFound: false, http.StatusBadRequest: false, http.StatusUnauthorized: false, http.StatusRequestTimeout: true,
		http.StatusConflict: false, http.StatusTooManyRequests: true, http.StatusInternalServerError: true, http.StatusServiceUnavailable: true,
	} {
		if outbound.Again(status) != want {
			t.Errorf("%d: got %t", status, !want)
		}
	}
}
