using System.Text;
using Osmo.Cli;
using Osmo.Cli.Configs;
using Osmo.Cli.Input;
using Xunit;

namespace Osmo.Unit.Tests.Cli;

/// <summary>Files that people have: in other encodings, and with documents in which nothing stands.</summary>
public sealed class InputDocumentTests
{
    [Theory]
    [InlineData("description: ")]
    [InlineData("{\"description\":\"")]
    public void Text_that_is_not_UTF_8_is_refused_with_the_place(string before)
    {
        byte[] windows1252 = [.. Encoding.ASCII.GetBytes($"{before}M"), 0xFC, .. "nchen"u8];
        var refusal = Assert.Throws<CliError>(() => InputDocument.ToJson(windows1252, "backends.yaml"));
        Assert.StartsWith($"backends.yaml: byte {before.Length + 2} (0xFC) is not UTF-8.", refusal.Message, StringComparison.Ordinal);
        InputDocument.ToJson(Encoding.UTF8.GetBytes($"{before}München\"}}"), "backends.yaml");
    }

    [Theory]
    [InlineData("a: 1\n---\n")]
    [InlineData("---\n# nothing\n---\na: 1\n")]
    [InlineData("a: 1\n---\nnull\n---\n~\n")]
    [InlineData("---\na: 1\n...\n")]
    public void Documents_in_which_nothing_stands_are_none(string yaml) =>
        Assert.Equal("""{"a":1}""", ConfigFile.Parse("f", Encoding.UTF8.GetBytes(yaml)).Single().ToJsonString());

    [Fact]
    public void A_file_of_comments_alone_says_so() => Assert.Contains(
        "holds no document",
        Assert.Throws<CliError>(() => ConfigFile.Parse("f", "# nothing\n---\n"u8.ToArray()).Single()).Message,
        StringComparison.Ordinal);
}
