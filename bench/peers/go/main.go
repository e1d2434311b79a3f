// The small Go server that a user would write instead: net/http, the standard library only.
package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"sort"
	"time"
)

var (
	publicURL  = os.Getenv("PUBLIC_URL")
	apiURL     = os.Getenv("API_URL")
	accountSid = os.Getenv("TWILIO_ACCOUNT_SID")
	authToken  = os.Getenv("TWILIO_AUTH_TOKEN")
	form       = url.Values{"Identity": {os.Getenv("TWILIO_IDENTITY")}}.Encode()
	isSid      = regexp.MustCompile(`^(CH|IS)[0-9a-fA-F]{32}$`)
	client     *http.Client
)

// Connections are kept for as many requests as may be under way: the default of two would make
// a new TLS connection for nearly every webhook.
func newClient() *http.Client {
	pool := x509.NewCertPool()
	pem, err := os.ReadFile(os.Getenv("CA_FILE"))
	if err != nil || !pool.AppendCertsFromPEM(pem) {
		log.Fatal("no CA_FILE")
	}
	return &http.Client{Timeout: 4 * time.Second, Transport: &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: pool},
		MaxIdleConns:        1024,
		MaxIdleConnsPerHost: 1024,
		IdleConnTimeout:     10 * time.Minute,
	}}
}

func signed(parameters url.Values, given string) bool {
	names := make([]string, 0, len(parameters))
	for name := range parameters {
		names = append(names, name)
	}
	sort.Strings(names)
	mac := hmac.New(sha1.New, []byte(authToken))
	io.WriteString(mac, publicURL)
	for _, name := range names {
		values := append([]string(nil), parameters[name]...)
		sort.Strings(values)
		for i, value := range values {
			if i > 0 && value == values[i-1] {
				continue
			}
			io.WriteString(mac, name)
			io.WriteString(mac, value)
		}
	}
	return hmac.Equal([]byte(base64.StdEncoding.EncodeToString(mac.Sum(nil))), []byte(given))
}

func join(ctx context.Context, service, conversation string) (int, string) {
	target := apiURL + "/v1/Services/" + service + "/Conversations/" + conversation + "/Participants"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewBufferString(form))
	if err != nil {
		return http.StatusInternalServerError, "refused"
	}
	request.SetBasicAuth(accountSid, authToken)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := client.Do(request)
	if err != nil {
		return http.StatusServiceUnavailable, "retry-later"
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return http.StatusServiceUnavailable, "retry-later"
	}
	var reply struct {
		Sid  string `json:"sid"`
		Code int    `json:"code"`
	}
	if json.Unmarshal(body, &reply) != nil {
		return http.StatusServiceUnavailable, "retry-later"
	}
	switch {
	case response.StatusCode == http.StatusCreated:
		return http.StatusOK, "joined"
	case response.StatusCode == http.StatusConflict && reply.Code == 50433:
		return http.StatusOK, "already-joined"
	case response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= 500:
		return http.StatusServiceUnavailable, "retry-later"
	}
	return http.StatusInternalServerError, "refused"
}

func answer(w http.ResponseWriter, status int, result string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if result == "" {
		io.WriteString(w, "{}")
	} else {
		io.WriteString(w, `{"result":"`+result+`"}`)
	}
}

func webhook(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 65536)
	if r.Method != http.MethodPost {
		answer(w, http.StatusMethodNotAllowed, "")
		return
	}
	if r.ParseForm() != nil {
		answer(w, http.StatusBadRequest, "")
		return
	}
	if !signed(r.PostForm, r.Header.Get("X-Twilio-Signature")) || r.PostForm.Get("AccountSid") != accountSid {
		answer(w, http.StatusForbidden, "")
		return
	}
	if r.PostForm.Get("EventType") != "onConversationAdded" {
		answer(w, http.StatusOK, "ignored")
		return
	}
	service, conversation := r.PostForm.Get("ChatServiceSid"), r.PostForm.Get("ConversationSid")
	if !isSid.MatchString(service) || !isSid.MatchString(conversation) {
		answer(w, http.StatusBadRequest, "")
		return
	}
	status, result := join(r.Context(), service, conversation)
	answer(w, status, result)
}

func main() {
	client = newClient()
	http.HandleFunc("/webhooks/twilio", webhook)
	log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), nil))
}
