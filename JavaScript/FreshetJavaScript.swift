// freshet.js as a part of programs, so that a server which gives it to pages needs no file.

package enum FreshetJavaScript {
  package static let module = PackageResources.freshet_js
}
