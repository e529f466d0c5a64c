using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace Osmo.Integration.Tests.KubeSim;

/// <summary>Compares an answer with a recorded one: same members, same words; numbers, times and uids may differ.</summary>
internal static partial class SampleComparison
{
    private const int MessageTailChars = 60;

    public static void AssertSame(JsonNode? recorded, JsonNode? actual, string path = "$")
    {
        switch (recorded)
        {
            case JsonObject expected:
                var o = Assert.IsType<JsonObject>(actual);
                Assert.Equal(expected.Select(p => p.Key).Order(), o.Select(p => p.Key).Order());
                foreach (var (name, value) in expected)
                {
                    AssertSame(value, o[name], path + "." + name);
                }

                break;
            case JsonArray expected:
                var a = Assert.IsType<JsonArray>(actual);
                Assert.True(expected.Count == a.Count, $"{path} has {a.Count} items, recorded were {expected.Count}");
                for (var i = 0; i < a.Count; i++)
                {
                    AssertSame(expected[i], a[i], $"{path}[{i}]");
                }

                break;
            default:
                Assert.True(
                    Normal(recorded?.ToString()) == Normal(actual?.ToString()), $"{path} is {actual}, recorded was {recorded}");
                break;
        }
    }

    private static string? Normal(string? text)
    {
        // A rejected patch answers with the whole object, whose values are of no interest here.
        if (text is not null && text.Contains("\\\"apiVersion\\\"", StringComparison.Ordinal))
        {
            text = text[..text.IndexOf('{', StringComparison.Ordinal)] + "..." + text[^MessageTailChars..];
        }

        return text is null ? null : Numbers().Replace(Uids().Replace(text, "UID"), "N");
    }

    [GeneratedRegex(@"\d+")]
    private static partial Regex Numbers();

    [GeneratedRegex(@"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uids();
}
