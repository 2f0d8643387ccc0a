/* true.c - a static program that does nothing: what any call costs at least. */
int main(void)
{
	return 0;
}
