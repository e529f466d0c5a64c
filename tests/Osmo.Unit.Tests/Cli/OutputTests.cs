using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Osmo.Cli;
using Osmo.Cli.Configs;
using Osmo.Cli.Output;
using Osmo.Cli.Resources;
using Osmo.Cli.Terminal;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Cli;

/// <summary>The parts of the command line that need no process.</summary>
public sealed class OutputTests
{
    private const int Trials = 60;

    [Fact]
    public void A_difference_applied_by_patch_makes_the_second_text_of_the_first()
    {
        var texts = Gen.Elements("a", "b", "c", "{", "}", "").ListOf().Select(lines => string.Join('\n', lines.Append("end")));
        var pairs = from before in texts from after in texts select (Before: before, After: after);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(Trials),
            Prop.ForAll(Arb.From(pairs), pair => Patched(pair.Before, pair.After) == pair.After + "\n"));
    }

    [Theory]
    [InlineData("", 5, "")]
    [InlineData("one two three", 7, "one two|three")]
    [InlineData("abcdefghij", 4, "abcd|efgh|ij")]
    [InlineData("aa bbbbbbbbb", 5, "aa|bbbbb|bbbb")]
    public void Text_is_wrapped_at_spaces_and_in_words_only_where_it_must(string text, int width, string lines) =>
        Assert.Equal(lines, string.Join('|', TextWrap.Lines(text, width)));

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(119, "119 s")]
    [InlineData(120, "2 min")]
    [InlineData(7_199, "119 min")]
    [InlineData(86_400, "24 h")]
    [InlineData(864_000, "10 d")]
    public void An_age_is_a_number_and_a_unit(long seconds, string words) =>
        Assert.Equal(words, Age.Of(new JsonObject { ["age_seconds"] = seconds }));

    [Theory]
    [InlineData("pol", "; did you mean \"pool\"?")]
    [InlineData("zebra", ".")]
    public void The_nearest_word_ends_the_sentence_where_one_is_near(string word, string end) =>
        Assert.Equal(end, Suggestion.For(word, ["backend", "pool"]));

    [Theory]
    [InlineData("2Ti", "1500m", "64", "8", "2048 1.5 64 8")]
    [InlineData("1.5", "2", "65536Mi", "x", "1.5 2 64 0")]
    [InlineData("9e27", "99999999999999999999999999", "", "-", "0 0 0 0")]
    public void What_a_node_has_is_shown_in_Gi_and_pieces(string storage, string cpu, string memory, string gpu, string shown)
    {
        var fields = new JsonObject { ["ephemeral-storage"] = storage, ["cpu"] = cpu, ["memory"] = memory, ["nvidia.com/gpu"] = gpu };
        var row = Assert.Single(ResourceRow.Of(new JsonObject { ["hostname"] = "n1", ["allocatable_fields"] = fields }));
        Assert.Equal(shown, string.Join(' ', row.Capacity.Select(amount => amount.ToString("0.##", CultureInfo.InvariantCulture))));
    }

    [Theory]
    [InlineData("""{"a":"true","b":"1.0","c":"","d":"x: y","e":"-","f":"two\nlines","g":{},"h":[],"i":null,"j":1.5,"k":[[1]]}""")]
    [InlineData("""["no","0x1f","#","&a","*b","!c","'","\"","~","2026-11-21","1_000","é"]""")]
    [InlineData("\"text\"")]
    public void Yaml_is_read_back_as_it_was(string json)
    {
        var document = JsonNode.Parse(json);
        using var yaml = new StringWriter();
        YamlText.Write(document, yaml);

        var back = ConfigFile.Parse("test", System.Text.Encoding.UTF8.GetBytes("---\n" + yaml));

        Assert.True(JsonNode.DeepEquals(document, Assert.Single(back.Documents)), yaml.ToString());
    }

    [Theory]
    [InlineData("Merge", """{"a":{"b":1,"c":[1]},"d":2}""", """{"a":{"c":[1,2]},"d":2}""", """{"a":{"c":[1,2]}}""")]
    [InlineData("Merge", """{"a":1}""", """{"b":{"x":1}}""", """{"b":{"x":1}}""")]
    [InlineData("Merge", """{"a":1,"b":2}""", """{"a":1}""", null)]
    [InlineData("Merge", """{"a":1}""", """{"a":null}""", """{"a":null}""")]
    [InlineData("TopLevelFields", """{"a":{"b":1,"c":1},"d":1}""", """{"a":{"b":2},"d":1}""", """{"a":{"b":2}}""")]
    [InlineData("TopLevelFields", """{"a":1}""", """{"a":1}""", null)]
    [InlineData("Replace", """{"a":1,"b":2}""", """{"a":1}""", """{"a":1}""")]
    [InlineData("Replace", """{"a":1}""", """{"a":1}""", null)]
    public void Only_what_changed_is_sent(string style, string current, string wanted, string? sent)
    {
        var change = DocumentDifference.Of(Enum.Parse<ChangeStyle>(style), JsonNode.Parse(current), JsonNode.Parse(wanted)!);
        Assert.Equal(sent, change?.ToJsonString());
    }

    private static string Patched(string before, string after)
    {
        using var folder = new ScratchFolder();
        using var output = new StringWriter { NewLine = "\n" };
        var terminal = new CliTerminal { Out = output, Error = TextWriter.Null, OpenInput = () => Stream.Null };
        UnifiedDiff.Write(before, after, "text", "text", terminal);
        File.WriteAllText(folder.Of("text"), before + "\n");
        File.WriteAllText(folder.Of("diff"), output.ToString());
        using var patch = Process.Start(new ProcessStartInfo("git", ["apply", "-p0", "--allow-empty", folder.Of("diff")])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardError = true,
        })!;
        patch.StandardError.ReadToEnd();
        return File.ReadAllText(folder.Of("text"));
    }
}
