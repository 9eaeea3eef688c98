// Command-line options.
#pragma once

#include <optional>
#include <string>
#include <vector>

struct Options {
  explicit Options(const std::vector<std::string>& arguments);

  std::string role;
  int port = 0;

  // For a server: none for plaintext.
  std::string certificate_file;
  std::string key_file;

  // For a client.
  std::string mode;
  int x = 0;
  double y = 0;
  std::string ca_file;
  std::optional<double> timeout_seconds;
  int metadata_count = 0;
};

std::string ContentsOf(const std::string& path);
