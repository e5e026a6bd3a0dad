// Viewer request: a path of the application's own routing gets the page, a file gets itself.
// `/api` belongs to the HTTP API and is never rewritten. CloudFront Functions, runtime 2.0.
function handler(event) {
  var request = event.request;
  var path = request.uri;
  if (path === '/api' || path.startsWith('/api/')) {
    return request;
  }
  var last = path.slice(path.lastIndexOf('/') + 1);
  if (!last.includes('.')) {
    request.uri = '/index.html';
  }
  return request;
}
