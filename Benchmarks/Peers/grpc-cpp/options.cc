// Parses the command line and reads the files it names.
#include "options.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

Options::Options(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word.rfind("--", 0) != 0) {
      words.push_back(word);
      continue;
    }
    if (i + 1 == arguments.size()) throw std::runtime_error(word + " needs a value");
    const std::string& value = arguments[++i];
    if (word == "--cert") ca_file = value;
    else if (word == "--timeout") timeout_seconds = std::stod(value);
    else if (word == "--metadata") metadata_count = std::stoi(value);
    else throw std::runtime_error("there is no option " + word);
  }
  bool is_server = words.size() >= 2 && words[0] == "server" && (words.size() == 2 || words.size() == 4);
  bool is_client = words.size() == 5 && words[0] == "client";
  if (!is_server && !is_client) return;
  role = words[0];
  port = std::stoi(words[1]);
  if (is_server && words.size() == 4) {
    certificate_file = words[2];
    key_file = words[3];
  }
  if (is_client) {
    mode = words[2];
    x = std::stoi(words[3]);
    y = std::stod(words[4]);
  }
}

std::string ContentsOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}
