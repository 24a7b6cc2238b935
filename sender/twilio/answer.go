package twilio

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/internal/outbound"
)

// Error is a refusal by Twilio.
type Error struct {
	// Status is the HTTP status, such as 400.
	Status int
	// Code is Twilio's own code, such as 21211 for an invalid number or 21610 for a recipient who opted out; 0 where
	// the answer had none. https://www.twilio.com/docs/api/errors explains each.
	Code int
}

// Error holds the numbers only: Twilio's words repeat the recipient's number.
func (e *Error) Error() string {
	if e.Code == 0 {
		return fmt.Sprintf("twilio: answered %d", e.Status)
	}
	return fmt.Sprintf("twilio: refused with code %d, see https://www.twilio.com/docs/api/errors/%d", e.Code, e.Code)
}

// Codes that come with a status of class 4 and mean that there is too much at once.
const (
	codeTooManyRequests = 20429
	codeQueueFull       = 21611
)

// refusal is the body of an answer that is not 2xx. Its "message" and "more_info" are of no use here.
type refusal struct {
	Code int `json:"code"`
}

// created is what matters of a message resource.
type created struct {
	SID       string `json:"sid"`
	Status    string `json:"status"`
	ErrorCode *int   `json:"error_code"`
}

// judge turns an answer into an error. Only a message resource that is on its way counts as accepted.
func judge(status int, body []byte, read error) error {
	if status != http.StatusCreated && status != http.StatusOK {
		var r refusal
		if read != nil || json.Unmarshal(body, &r) != nil {
			r.Code = 0 // the status alone, as from a proxy in between
		}
		return mark(&Error{status, r.Code}, outbound.Again(status) || r.Code == codeTooManyRequests || r.Code == codeQueueFull)
	}
	var c created
	if read != nil || json.Unmarshal(body, &c) != nil || !strings.HasPrefix(c.SID, "SM") && !strings.HasPrefix(c.SID, "MM") {
		return errors.New("twilio: the answer is no message resource")
	}
	switch {
	case c.ErrorCode != nil:
		return &Error{status, *c.ErrorCode}
	case c.Status == "failed" || c.Status == "undelivered" || c.Status == "canceled":
		return &Error{status, 0}
	}
	return nil
}
