#include "rules/template/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/strings.h"

namespace tocsin::gotemplate {
namespace {

/// Data as alerts have it, and a query that gives two series.
class TemplateTest : public testing::Test {
 protected:
  TemplateTest() {
    auto data = std::make_shared<AlertData>();
    data->labels = std::make_shared<const Labels>(Labels::Of({{"instance", "a:80"}, {"job", "x"}}));
    data->external_labels = std::make_shared<const Labels>(Labels::Of({{"cluster", "c1"}}));
    data->external_url = "http://host/pre";
    data->value = Value(12.5);
    data_ = Value(std::shared_ptr<const AlertData>(std::move(data)));
    query_ = [](std::string_view expression, TimestampMs t) -> absl::StatusOr<promql::Vector> {
      if (expression == "bad(") {
        return absl::InvalidArgumentError("1:5: parse error");
      }
      promql::Vector vector(2);
      vector[0].labels = Labels::Of({{"name", "b"}});
      vector[0].point = {t, 2, nullptr};
      vector[1].labels = Labels::Of({{"name", "a"}, {"__value__", "v"}});
      vector[1].point = {t, 1, nullptr};
      return vector;
    };
    context_.now = 1'353'755'652'000;
    context_.external_url = "http://host/pre";
    context_.query = &query_;
  }

  std::string Run(std::string_view text, const ExecuteOptions& options = {}) {
    const auto parsed = Template::ParseForAlert("A", text);
    if (!parsed.ok()) {
      return std::string(Message(parsed.status()));
    }
    const auto out = parsed->Expand(data_, context_, options);
    return out.ok() ? *out : std::string(Message(out.status()));
  }

  Value data_;
  QueryFunction query_;
  FunctionContext context_;
};

TEST_F(TemplateTest, AlertVariablesAndFields) {
  EXPECT_EQ(Run("{{ $labels.instance }} {{ .Labels.job }} {{ $value }} {{ $externalLabels.cluster }} {{ $externalURL }}"),
            "a:80 x 12.5 c1 http://host/pre");
  EXPECT_EQ(Run("{{ $labels }}"), "map[instance:a:80 job:x]");
  EXPECT_EQ(Run("{{ $labels.missing }}|{{ index $labels \"missing\" }}|{{ len $labels }}"), "||2");
  EXPECT_EQ(Run("no actions"), "no actions");
}

TEST_F(TemplateTest, ControlStructures) {
  EXPECT_EQ(Run("{{ if gt $value 20.0 }}high{{ else if gt $value 10.0 }}mid{{ else }}low{{ end }}"), "mid");
  EXPECT_EQ(Run("{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}"), "instance=a:80;job=x;");
  EXPECT_EQ(Run("{{ range $i := 5 }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ if eq $i 3 }}{{ break }}{{ end }}{{ $i }}{{ end }}"), "02");
  EXPECT_EQ(Run("{{ with $labels.none }}x{{ else with $labels.job }}{{ . }}{{ end }}"), "x");
  EXPECT_EQ(Run("{{ define \"t\" }}<{{ . }}>{{ end }}{{ template \"t\" $labels.job }}"), "<x>");
  EXPECT_EQ(Run("{{ block \"b\" 3 }}{{ . }}{{ end }}"), "3");
  EXPECT_EQ(Run("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}"), "2");
  EXPECT_EQ(Run("{{ range query \"q\" | sortByLabel \"name\" }}{{ .Labels.name }}{{ .Value }} {{ else }}none{{ end }}"), "a1 b2 ");
}

TEST_F(TemplateTest, TrimMarkersAndComments) {
  EXPECT_EQ(Run("a  {{- 1 -}}  b"), "a1b");
  EXPECT_EQ(Run("a {{- /* c */ -}} b"), "ab");
  EXPECT_EQ(Run("a{{/* c */}} b"), "a b");
  EXPECT_EQ(Run("{{ 3 }}{{- -3 }}"), "3-3");
}

TEST_F(TemplateTest, BuiltIns) {
  EXPECT_EQ(Run("{{ and 1 0 2 }} {{ or 0 \"\" \"x\" }} {{ not 0 }}"), "0 x true");
  EXPECT_EQ(Run("{{ eq 1 2 3 1 }} {{ ne \"a\" \"b\" }} {{ lt 1 2 }} {{ le 2.0 2.0 }} {{ gt \"b\" \"a\" }} {{ ge 1 2 }}"),
            "true true true true true false");
  EXPECT_EQ(Run("{{ slice \"abcdef\" 1 3 }} {{ index (args \"p\" \"q\") \"arg1\" }} {{ print 1 2 \"x\" 3 }} {{ println \"a\" 1 }}"),
            "bc q 1 2x3 a 1\n");
  EXPECT_EQ(Run("{{ html \"<a&'>\" }} {{ js \"'x\\n\" }} {{ urlquery \"a b&\" }}"), "&lt;a&amp;&#39;&gt; \\'x\\u000A a+b%26");
  EXPECT_EQ(Run("{{ eq 1 1.0 }}"),
            "error executing template __alert_A: template: __alert_A:1:115: executing \"__alert_A\" at <eq 1 1.0>: error calling eq: "
            "incompatible types for comparison");
  EXPECT_EQ(Run("{{ or true (query \"bad(\") }}"), "true");
}

TEST_F(TemplateTest, Printf) {
  EXPECT_EQ(Run("{{ printf \"%5d|%-5d|%05d|%+d|%x|%X|%o|%b|%c|%q|%U\" 42 42 42 42 255 255 8 5 65 65 65 }}"),
            "   42|42   |00042|+42|ff|FF|10|101|A|'A'|U+0041");
  EXPECT_EQ(Run("{{ printf \"%.2f|%8.3f|%-8.1f|%e|%g|%v|%+.1f|%06.2f\" 3.14159 3.14159 3.14159 1500.0 1e21 1e6 2.0 -1.5 }}"),
            "3.14|   3.142|3.1     |1.500000e+03|1e+21|1e+06|+2.0|-01.50");
  EXPECT_EQ(Run("{{ printf \"%s|%10s|%-4s|%q|%x|%.2s|%t|%v|%T|%%\" \"a\" \"b\" \"c\" \"d\" \"e\" \"fgh\" true nil 1.5 }}"),
            "a|         b|c   |\"d\"|65|fg|true|<nil>|float64|%");
  EXPECT_EQ(Run("{{ printf \"%d %s\" \"x\" 1 }}"), "%!d(string=x) %!s(int=1)");
  EXPECT_EQ(Run("{{ printf \"%d\" }} {{ printf \"%d\" 1 2 }} {{ printf \"%\" }} {{ printf \"%[2]d %[1]d\" 1 2 }} {{ printf \"%*d\" 4 7 }}"),
            "%!d(MISSING) 1%!(EXTRA int=2) %!(NOVERB) 2 1    7");
  EXPECT_EQ(Run("{{ printf \"%v %s\" $labels $labels }}"), "map[instance:a:80 job:x] map[instance:a:80 job:x]");
}

TEST_F(TemplateTest, PrometheusFunctions) {
  EXPECT_EQ(Run("{{ humanize 1234567.0 }} {{ humanize 0.00001 }} {{ humanize1024 2048.0 }} {{ humanizePercentage 0.5 }} {{ 93.4 | "
                "humanizeDuration }}"),
            "1.235M 10u 2ki 50% 1m 33s");
  EXPECT_EQ(
      Run("{{ reReplaceAll \"(.*):(.*)\" \"$2-${1}x$$\" \"a:80\" }} {{ reReplaceAll \"x*\" \"-\" \"abc\" }} {{ match \"^a\" \"ab\" }}"),
      "80-ax$ -a-b-c- true");
  EXPECT_EQ(Run("{{ title \"hello big-world don't\" }} {{ toUpper \"é\" }} {{ stripPort \"h:1\" }} {{ stripDomain \"a.b:1\" }} {{ "
                "graphLink \"up == 1\" }}"),
            "Hello Big-World Don't É h a:1 /graph?g0.expr=up+%3D%3D+1&g0.tab=0");
  EXPECT_EQ(
      Run("{{ pathPrefix }} {{ externalURL }} {{ (now | toTime).Format \"Mon Jan _2 15:04:05.000 2006\" }} {{ (90 | toDuration).String }}"),
      "/pre http://host/pre Sat Nov 24 11:14:12.000 2012 1m30s");
  EXPECT_EQ(Run("{{ query \"q\" | first | value }} {{ (query \"q\" | first).Labels.name }} {{ label \"name\" (query \"q\" | first) }}"),
            "2 b b");
}

TEST_F(TemplateTest, ErrorsSayWhere) {
  EXPECT_EQ(Run("{{ $label.x }}"), "template: __alert_A:1: undefined variable \"$label\"");
  EXPECT_EQ(Run("{{ foo }}"), "template: __alert_A:1: function \"foo\" not defined");
  EXPECT_EQ(Run("{{ $labels.quantile * 100 }}"), "template: __alert_A:1: unexpected \"*\" in operand");
  EXPECT_EQ(Run("{{ $labels.quantile*100 }}"), "template: __alert_A:1: bad character U+002A '*'");
  EXPECT_EQ(Run("{{ }}"), "template: __alert_A:1: missing value for command");
  EXPECT_EQ(Run("{{ if true }}"), "template: __alert_A:1: unexpected EOF");
  EXPECT_EQ(Run("{{ end }}"), "template: __alert_A:1: unexpected {{end}}");
  EXPECT_EQ(Run("{{ break }}"), "template: __alert_A:1: {{break}} outside {{range}}");
  EXPECT_EQ(Run("{{ \"x }}"), "template: __alert_A:1: unterminated quoted string");
  EXPECT_EQ(Run("{{ 1 | 2 }}"), "template: __alert_A:1: non executable command in pipeline stage 2");
  EXPECT_EQ(Run("{{ (1 }}"), "template: __alert_A:1: unclosed left paren");
  EXPECT_EQ(
      Run("\n{{ query \"bad(\" }}"),
      "error executing template __alert_A: template: __alert_A:2:3: executing \"__alert_A\" at <query \"bad(\">: error calling query: "
      "1:5: parse error");
  EXPECT_THAT(Run("{{ $value.Foo }}"), testing::EndsWith("at <$value.Foo>: can't evaluate field Foo in type float64"));
  EXPECT_THAT(Run("{{ .Value.Foo }}"), testing::EndsWith("at <.Value.Foo>: can't evaluate field Foo in type interface {}"));
  EXPECT_THAT(Run("{{ humanize }}"), testing::EndsWith("wrong number of args for humanize: want 1 got 0"));
  EXPECT_THAT(Run("{{ toUpper 1 }}"), testing::EndsWith("at <1>: expected string; found 1"));
  EXPECT_THAT(Run("{{ toUpper $value }}"), testing::EndsWith("at <$value>: wrong type for value; expected string; got float64"));
  EXPECT_THAT(Run("{{ template \"none\" }}"), testing::EndsWith("template \"none\" not defined"));
}

TEST_F(TemplateTest, Limits) {
  EXPECT_THAT(Run("{{ define \"r\" }}{{ template \"r\" }}{{ end }}{{ template \"r\" }}"),
              testing::HasSubstr("exceeded maximum template depth"));
  EXPECT_THAT(Run("{{ range 100000000 }}{{ end }}"), testing::HasSubstr("more than 1000000 steps"));
  EXPECT_THAT(Run("{{ range 400000 }}xxxxxxxxxxxxxxxxxxxx{{ end }}"), testing::HasSubstr("output longer than"));
  std::string deep;
  for (int i = 0; i < 300; ++i) {
    deep += "(";
  }
  EXPECT_THAT(Run("{{" + deep + "}}"), testing::HasSubstr("nested too deeply"));
}

TEST_F(TemplateTest, TwentyNineFunctions) { EXPECT_EQ(PrometheusFunctionNames().size(), 29U); }

}  // namespace
}  // namespace tocsin::gotemplate
