// Command lines of the form --name=value, --name value or --name, as in gRPC's interoperability tests.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

class Flags {
 public:
  Flags(int count, char** words) {
    for (int i = 1; i < count; i++) {
      std::string word = words[i];
      if (word.rfind("--", 0) != 0) Refuse("“" + word + "” is no flag");
      auto equals = word.find('=');
      if (equals != std::string::npos) {
        values_[word.substr(2, equals - 2)] = word.substr(equals + 1);
      } else if (i + 1 < count && std::string(words[i + 1]).rfind("--", 0) != 0) {
        values_[word.substr(2)] = words[++i];
      } else {
        values_[word.substr(2)] = "true";
      }
    }
  }

  std::string Text(const std::string& name, const std::string& otherwise = "") const {
    auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }

  long Number(const std::string& name, long otherwise) const {
    return std::atol(Text(name, std::to_string(otherwise)).c_str());
  }

  bool IsSet(const std::string& name) const { return Text(name, "false") == "true"; }

  /// The contents of the file named by the flag.
  std::string File(const std::string& name) const {
    std::ifstream file(Text(name));
    if (!file) Refuse("--" + name + " names no file that can be read: " + Text(name));
    std::stringstream content;
    content << file.rdbuf();
    return content.str();
  }

 private:
  [[noreturn]] static void Refuse(const std::string& why) {
    std::cerr << why << std::endl;
    std::exit(64);
  }

  std::map<std::string, std::string> values_;
};
