using System.Text;
using Osmo.Storage;
using Osmo.Unit.Tests.Backends;
using Xunit;

namespace Osmo.Unit.Tests.Storage;

/// <summary>Conditions as stored text.</summary>
public sealed class NodeJsonTests
{
    [Fact]
    public void Conditions_read_back_as_written_however_many_sets_there_are()
    {
        const int Sets = 1_500;
        var backend = new TurnFixture();
        backend.Run(turn =>
        {
            var nodes = Enumerable.Range(0, Sets).Select(i => TurnFixture.Node($"n{i:D4}", ("Ready", "True"), ($"Type{i}", "False")));
            backend.Report(turn, [.. nodes]);
            return true;
        });

        using var json = new NodeJson();
        var stored = new StoredNodeReader();
        for (var pass = 0; pass < 2; pass++)
        {
            foreach (var write in backend.LastCommit.NodeWrites)
            {
                Assert.Equal(write.Node.Conditions.ToPairs(), stored.Conditions(json.Conditions(write.Node.Conditions)));
            }
        }

        Assert.Equal(Sets, backend.LastCommit.NodeWrites.Count);
    }

    [Fact]
    public void The_text_of_a_shared_set_is_made_once()
    {
        var backend = new TurnFixture();
        backend.Run(turn =>
        {
            backend.Report(turn, [TurnFixture.Node("a", ("Ready", "True")), TurnFixture.Node("b", ("Ready", "True"))]);
            return true;
        });

        using var json = new NodeJson();
        var sets = backend.LastCommit.NodeWrites.Select(write => write.Node.Conditions).ToArray();
        Assert.Equal("""[["Ready","True"]]""", Text(json.Conditions(sets[0])));
        Assert.True(json.Conditions(sets[0]) == json.Conditions(sets[1]), "the very same bytes");
    }

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);
}
