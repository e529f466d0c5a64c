using System.Text;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Serialization;

/// <summary>
/// What is sent is a contract between builds that run beside each other. It is written down in a file, so that nobody changes it without
/// noticing: parts may be added under numbers that were never used; none may be renumbered, or get another type.
/// </summary>
public sealed class MessageManifestTests
{
    private const string Accept = "OSMO_TEST_ACCEPT_MESSAGES";

    private static readonly string File = Checkout.PathOf("src", "Osmo.Grains", "OrleansMessages.txt");

    [Fact]
    public void Messages_are_what_the_manifest_says()
    {
        var now = Describe();
        if (Environment.GetEnvironmentVariable(Accept) is { Length: > 0 })
        {
            System.IO.File.WriteAllText(File, now);
        }

        var written = System.IO.File.ReadAllText(File);
        Assert.True(
            written == now,
            $"Messages between processes are not what {File} says. Differences:\n{Differences(written, now)}\nIf builds that have to run "
            + $"beside each other still understand each other, run this test with {Accept}=1 in the environment, and commit the file.");
    }

    private static string Describe()
    {
        var text = new StringBuilder(
            """
            # What grains and gateways send each other, by the names and numbers that are on the wire. The test MessageManifestTests
            # compares it with the code; docs/orleans.md says how to change it.

            """);
        foreach (var type in Contracts.Written.OrderBy(NameOf, StringComparer.Ordinal))
        {
            text.Append('\n').Append(NameOf(type)).Append('\n');
            foreach (var line in type.IsEnum ? Members(type) : Parts(type))
            {
                text.Append("  ").Append(line).Append('\n');
            }
        }

        return text.ToString();
    }

    private static IEnumerable<string> Members(Type type) =>
        Enum.GetValues(type).Cast<object>().Select(value => $"{Convert.ToInt64(value)} {value}");

    private static IEnumerable<string> Parts(Type type) =>
        Contracts.PartsOf(Contracts.Surrogates.GetValueOrDefault(type, type))
            .Select(part => $"{part.Id} {part.Name}: {Shown(part.Type)}")
            .Concat(type.IsAbstract && !Contracts.Surrogates.ContainsKey(type) ? Contracts.KindsOf(type).Select(NameOf).Order() : [])
            .Concat(type.BaseType is { IsAbstract: true } parent && Contracts.Types.Contains(parent) ? [$"kind of {NameOf(parent)}"] : []);

    private static string NameOf(Type type) => Wire.NameOf(type).Split(',')[0];

    private static string Shown(Type type) =>
        type.IsArray ? $"{Shown(type.GetElementType()!)}[]"
        : Nullable.GetUnderlyingType(type) is { } inner ? $"{Shown(inner)}?"
        : type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GenericTypeArguments.Select(Shown))}>"
        : Contracts.Written.Contains(type) ? NameOf(type)
        : type.Name;

    private static string Differences(string written, string now)
    {
        var (before, after) = (written.Split('\n'), now.Split('\n'));
        return string.Join('\n', before.Except(after).Select(line => $"- {line}").Concat(after.Except(before).Select(line => $"+ {line}")));
    }
}
